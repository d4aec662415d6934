#include "data/images.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <span>

#include "data/base/file.h"
#include "data/base/rng.h"

namespace {

// A small file may claim to unpack to gigabytes. No picture of kLargestSide needs a block as large
// as this (16-bit RGBA takes half of it). Blocks are cleared: stb_image 2.27 reads Huffman tables
// that a damaged JPEG does not define, and asserts what need not hold for them.
constexpr size_t kLargestBlock = size_t(1) << 28;
void* bounded_malloc(size_t size) { return size <= kLargestBlock ? std::calloc(1, size) : nullptr; }
void* bounded_realloc(void* block, size_t size) {
  return size <= kLargestBlock ? std::realloc(block, size) : nullptr;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#define STBI_MAX_DIMENSIONS tri::kLargestSide
#define STBI_MALLOC(size) bounded_malloc(size)
#define STBI_REALLOC(block, size) bounded_realloc(block, size)
#define STBI_FREE(block) std::free(block)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace tri {
namespace fs = std::filesystem;
namespace {

// Whether no Huffman table of a JPEG defines more than the 256 codes it may (ITU-T T.81, B.2.4.2):
// stb_image 2.27 does not ask, and would write past its arrays. Finds the segments as it does.
bool huffman_tables_fit(std::span<const uint8_t> jpeg) {
  const auto byte = [&](size_t i) { return i < jpeg.size() ? size_t(jpeg[i]) : 0; };
  for (size_t at = 0; at < jpeg.size();) {
    const size_t marker = byte(at + 1);
    const bool has_length = marker > 0 && marker < 0xff && !(marker >= 0xd0 && marker <= 0xd8);
    if (byte(at) != 0xff || !has_length) {  // compressed data, filling, restart or start of image
      ++at;
      continue;
    }
    if (marker == 0xd9) return true;  // end of image
    const size_t end = at + 2 + byte(at + 2) * 256 + byte(at + 3);
    if (marker == 0xc4)
      for (size_t table = at + 4; table < end;) {
        size_t codes = 0;
        for (size_t length = 1; length <= 16; ++length) codes += byte(table + length);
        if (codes > 256) return false;
        table += 17 + codes;
      }
    at = end;
  }
  return true;
}

// The centred square of a [height][width][3] picture -> [32][32][3]. With lengths measured in 1/32
// of a source pixel, target pixel t covers [t * side, (t + 1) * side) and source pixel s covers
// [32 * s, 32 * (s + 1)), so the weights are the integers by which these overlap. For side = 32 it
// is a copy.
std::vector<uint8_t> area_average(const uint8_t* picture, int height, int width) {
  const int side = std::min(height, width);
  const uint8_t* square =
      picture +
      (size_t((height - side) / 2) * size_t(width) + size_t((width - side) / 2)) * kChannels;
  const auto overlap = [&](int t, int s) {
    return std::min((t + 1) * side, (s + 1) * kSide) - std::max(t * side, s * kSide);
  };
  const uint64_t area = uint64_t(side) * uint64_t(side);

  std::vector<uint8_t> out;
  out.reserve(kPictureBytes);
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      uint64_t sum[kChannels] = {};
      for (int sy = y * side / kSide; sy * kSide < (y + 1) * side; ++sy)
        for (int sx = x * side / kSide; sx * kSide < (x + 1) * side; ++sx) {
          const uint8_t* pixel = square + (size_t(sy) * size_t(width) + size_t(sx)) * kChannels;
          const uint64_t weight = uint64_t(overlap(y, sy)) * uint64_t(overlap(x, sx));
          for (int c = 0; c < kChannels; ++c) sum[c] += weight * pixel[c];
        }
      for (const uint64_t value : sum) out.push_back(uint8_t((value + area / 2) / area));
    }
  return out;
}

bool is_picture(const fs::path& file) {
  std::string extension = file.extension().string();
  for (char& c : extension) c = char(std::tolower(static_cast<unsigned char>(c)));
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

void require_folder(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw Error(folder.string() + ": " + (fs::exists(folder) ? "is not a folder" : "not found") +
                ", expected pictures in train/CLASS/ and test/CLASS/ for the ten classes of "
                "CIFAR-10 (airplane, automobile, ..., truck)");
}

struct Labelled {
  fs::path file;
  uint8_t label;
};

// The picture files of a split, class by class and in the order of their names.
std::vector<Labelled> list_split(const fs::path& folder, int& ignored) {
  require_folder(folder);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && std::find(kClassNames, kClassNames + kClasses,
                                          entry.path().filename()) == kClassNames + kClasses)
      throw Error(entry.path().string() +
                  ": is not a class of CIFAR-10, expected only airplane, "
                  "automobile, bird, cat, deer, dog, frog, horse, ship and truck: move it away");

  std::vector<Labelled> list;
  for (int label = 0; label < kClasses; ++label) {
    const fs::path class_folder = folder / kClassNames[label];
    require_folder(class_folder);
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(class_folder))
      if (is_picture(entry.path()))
        files.push_back(entry.path());
      else
        ++ignored;
    if (files.empty())
      throw Error(class_folder.string() +
                  ": holds no pictures, expected files named *.jpg, *.jpeg or *.png");
    std::sort(files.begin(), files.end());  // the order of a folder is the file system's whim
    for (const fs::path& file : files) list.push_back({file, uint8_t(label)});
  }
  return list;
}

// All that is wrong with the pictures, in one Error.
class Damages {
 public:
  void add(const Error& error) {
    if (++count_ <= kShown) text_ += std::string("\n  ") + error.what();
  }
  void report() const {
    if (count_ == 0) return;
    throw Error((count_ == 1 ? "1 picture" : std::to_string(count_) + " pictures") +
                " cannot be used:" + text_ +
                (count_ > kShown ? "\n  and " + std::to_string(count_ - kShown) + " more" : ""));
  }

 private:
  static constexpr int kShown = 10;
  int count_ = 0;
  std::string text_;
};

Dataset shuffled(const Dataset& records) {
  std::vector<int> order(size_t(records.size()));
  std::iota(order.begin(), order.end(), 0);
  Rng(0).shuffle(order);
  Dataset out;
  for (const int i : order) out.append(records.slice(i, i + 1));
  return out;
}

}  // namespace

Image decode_image(const std::vector<uint8_t>& bytes, const std::string& file) {
  const bool jpeg = !bytes.empty() && bytes[0] == 0xff;
  if (jpeg && !huffman_tables_fit(bytes))
    throw Error(file +
                ": is a damaged JPEG: it has a Huffman table of over 256 codes, expected at most "
                "256: replace or remove it");
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<uint8_t, void (*)(void*)> picture(
      stbi_load_from_memory(bytes.data(), int(bytes.size()), &width, &height, &channels, kChannels),
      stbi_image_free);
  if (!picture)
    throw Error(file + ": cannot be decoded (" + stbi_failure_reason() +
                "), expected an undamaged JPEG or PNG picture of at most " +
                std::to_string(kLargestSide) + " pixels a side: replace or remove it");
  return {
      height, width, {picture.get(), picture.get() + size_t(height) * size_t(width) * kChannels}};
}

std::vector<uint8_t> decode_picture(const fs::path& file) {
  const Image image = decode_image(read_file(file, kLargestBlock), file.string());
  return area_average(image.pixels.data(), image.height, image.width);
}

ImageFolder load_image_folder(const fs::path& folder,
                              const std::function<void(int done, int all)>& progress) {
  require_folder(folder);
  ImageFolder out;
  const std::vector<Labelled> train = list_split(folder / "train", out.ignored);
  const std::vector<Labelled> test = list_split(folder / "test", out.ignored);
  const int all = int(train.size() + test.size());
  int done = 0;
  Damages damages;
  const auto load = [&](const std::vector<Labelled>& list) {
    Dataset split;
    for (const auto& [file, label] : list) {
      try {
        split.append({decode_picture(file), {label}});
      } catch (const Error& error) {
        damages.add(error);
      }
      progress(++done, all);
    }
    return split;
  };
  const Dataset train_pictures = load(train), test_pictures = load(test);
  damages.report();
  out.train = shuffled(train_pictures);
  out.test = shuffled(test_pictures);
  return out;
}

}  // namespace tri
