#include "data/cifar10.h"

#include <unistd.h>

#include <cassert>
#include <cstdlib>

#include "data/base/file.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

constexpr size_t kPlane = size_t(kSide) * kSide;
constexpr int kTrainFiles = 5;
constexpr size_t kRecord = 1 + kPictureBytes;
// 20 times the training set; a file beyond it is not what it claims to be.
constexpr uint64_t kLargestFile = 1'000'000 * uint64_t(kRecord);

const char* const kDefaultFolder = "data/cifar-10-batches-bin";
const char* const kRemedy =
    "; 'make cifar10' downloads the data set, './import FOLDER' makes it from a folder of pictures";

fs::path train_file(const fs::path& folder, int number) {
  return folder / ("data_batch_" + std::to_string(number) + ".bin");
}
fs::path test_file(const fs::path& folder) { return folder / "test_batch.bin"; }

Dataset load_expected(const fs::path& file) {
  if (!fs::exists(file))
    throw Error(file.string() + ": not found, expected a file of CIFAR-10's binary version" +
                kRemedy);
  return load_records(file);
}

// `source` names who chose the folder.
fs::path checked(const fs::path& folder, const std::string& source) {
  if (!fs::is_directory(folder))
    throw Error(folder.string() + " (" + source +
                "): " + (fs::exists(folder) ? "is not a folder" : "not found") +
                ", expected the folder of CIFAR-10's binary version" + kRemedy);
  if (!fs::exists(train_file(folder, 1)) && !fs::exists(test_file(folder)))
    throw Error(folder.string() + " (" + source +
                "): holds neither data_batch_1.bin nor test_batch.bin, expected the files of "
                "CIFAR-10's binary version" +
                kRemedy);
  return folder;
}

}  // namespace

const char* const kClassNames[kClasses] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                           "dog",      "frog",       "horse", "ship", "truck"};

void Dataset::append(const Dataset& other) {
  pixels.insert(pixels.end(), other.pixels.begin(), other.pixels.end());
  labels.insert(labels.end(), other.labels.begin(), other.labels.end());
}

Dataset Dataset::slice(int begin, int end) const {
  assert(0 <= begin && begin <= end && end <= size());
  return {{picture(begin), picture(end)}, {labels.begin() + begin, labels.begin() + end}};
}

Dataset load_records(const fs::path& file) {
  const std::vector<uint8_t> bytes = read_file(file, kLargestFile);
  const size_t count = bytes.size() / kRecord;
  if (bytes.empty() || bytes.size() % kRecord != 0)
    throw Error(file.string() + ": holds " + std::to_string(bytes.size()) + " bytes (" +
                std::to_string(count) + " records and " + std::to_string(bytes.size() % kRecord) +
                " bytes), expected one or more whole records of " + std::to_string(kRecord) +
                " bytes: the file is damaged or not CIFAR-10's binary version" + kRemedy);
  Dataset records{std::vector<uint8_t>(count * kPictureBytes), std::vector<uint8_t>(count)};
  uint8_t* out = records.pixels.data();
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* record = bytes.data() + i * kRecord;
    if (record[0] >= kClasses)
      throw Error(file.string() + ": record " + std::to_string(i) + " has label " +
                  std::to_string(record[0]) +
                  ", expected 0..9: the file is damaged or not CIFAR-10's binary version" +
                  kRemedy);
    records.labels[i] = record[0];
    for (size_t p = 0; p < kPlane; ++p)
      for (size_t c = 0; c < kChannels; ++c) *out++ = record[1 + c * kPlane + p];
  }
  return records;
}

void save_records(const fs::path& file, const Dataset& records) {
  std::vector<uint8_t> bytes;
  bytes.reserve(size_t(records.size()) * kRecord);
  for (int i = 0; i < records.size(); ++i) {
    const uint8_t* picture = records.picture(i);
    bytes.push_back(records.labels[size_t(i)]);
    for (size_t c = 0; c < kChannels; ++c)
      for (size_t p = 0; p < kPlane; ++p) bytes.push_back(picture[p * kChannels + c]);
  }
  write_file(file, bytes);
}

Dataset load_train(const fs::path& folder) {
  int last = kTrainFiles;
  while (last > 1 && !fs::exists(train_file(folder, last))) --last;
  Dataset train;
  for (int i = 1; i <= last; ++i) train.append(load_expected(train_file(folder, i)));
  return train;
}

Dataset load_test(const fs::path& folder) { return load_expected(test_file(folder)); }

void require_new_folder(const fs::path& folder) {
  if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
    throw Error(folder.string() +
                ": exists already, expected a new or empty folder: remove it or name another one");
}

void save_cifar10(const fs::path& folder, const Dataset& train, const Dataset& test) {
  assert(train.size() >= kTrainFiles && test.size() >= 1);
  require_new_folder(folder);
  const fs::path target = fs::absolute(folder / "").parent_path();
  const fs::path temporary = target.string() + "." + std::to_string(getpid()) + ".tmp";
  try {
    fs::create_directories(temporary);
    for (int i = 0; i < kTrainFiles; ++i) {
      const auto begin = [&](int part) { return int(int64_t(train.size()) * part / kTrainFiles); };
      save_records(train_file(temporary, i + 1), train.slice(begin(i), begin(i + 1)));
    }
    save_records(test_file(temporary), test);
    std::string names;
    for (const char* name : kClassNames) names += std::string(name) + "\n";
    write_file(temporary / "batches.meta.txt", names);
    fs::rename(temporary, target);
  } catch (const std::exception& error) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw Error(folder.string() + ": cannot be written: " + error.what());
  }
}

fs::path find_cifar10(const std::string& named) {
  if (!named.empty()) return checked(named, "--data");
  const char* variable = std::getenv("CIFAR10_DIR");
  if (variable && *variable) return checked(variable, "$CIFAR10_DIR");
  if (fs::exists(kDefaultFolder)) return checked(kDefaultFolder, "the default");
  return {};
}

}  // namespace tri
