// CIFAR-10 in the official binary format: files <-> pictures in memory, and where to look for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tri {

constexpr int kSide = 32;
constexpr int kChannels = 3;
constexpr int kPictureBytes = kSide * kSide * kChannels;
constexpr int kClasses = 10;
extern const char* const kClassNames[kClasses];

// N labelled pictures. pixels: [N][32][32][3], RGB interleaved (the file has planes); labels: [N].
struct Dataset {
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;

  int size() const { return int(labels.size()); }
  const uint8_t* picture(int i) const { return pixels.data() + size_t(i) * kPictureBytes; }
  void append(const Dataset& other);
  // Records [begin, end).
  Dataset slice(int begin, int end) const;
};

// Records of one file: a label byte, then 3 planes of 1,024 bytes. Throws Error when the file is
// missing, empty, not a whole number of records, or a label is over 9.
Dataset load_records(const std::filesystem::path& file);
void save_records(const std::filesystem::path& file, const Dataset& records);

// data_batch_1..5.bin (at least the first; those present must be consecutive) / test_batch.bin.
Dataset load_train(const std::filesystem::path& folder);
Dataset load_test(const std::filesystem::path& folder);

// Writes the whole data set into `folder`, which must not exist or be empty: data_batch_1..5.bin,
// each a fifth of `train` (at least 5 records), test_batch.bin and batches.meta.txt. The folder
// appears complete or not at all. Throws Error.
void save_cifar10(const std::filesystem::path& folder, const Dataset& train, const Dataset& test);
// Throws Error where save_cifar10 would refuse the folder: lets a program ask before a long job.
void require_new_folder(const std::filesystem::path& folder);

// The folder that holds the data set: `named` where not empty (then it must be there, or Error),
// else $CIFAR10_DIR (likewise), else data/cifar-10-batches-bin, else an empty path: there is none.
std::filesystem::path find_cifar10(const std::string& named);

}  // namespace tri
