#include "data/contact_sheet.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "data/base/file.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace tri {
namespace {

constexpr int kQuality = 90;
constexpr uint64_t kLargestFile = 1 << 26;
constexpr int kWidth = kSheetColumns * kSide;

// Calls f(row of a picture, the same row in the sheet), both of kSide pixels.
template <class F>
void for_each_row(int pictures, F f) {
  constexpr size_t kRow = size_t(kSide) * kChannels;
  for (int i = 0; i < pictures; ++i)
    for (int y = 0; y < kSide; ++y) {
      const size_t row = size_t(i / kSheetColumns) * kSide + size_t(y);
      f(size_t(i) * kPictureBytes + size_t(y) * kRow,
        (row * kSheetColumns + size_t(i % kSheetColumns)) * kRow);
    }
}

}  // namespace

std::vector<uint8_t> encode_sheet(const Dataset& pictures) {
  const int count = pictures.size();
  assert(count > 0 && count % kSheetColumns == 0 && count <= kSheetMost);
  std::vector<uint8_t> sheet(pictures.pixels.size()), jpeg;
  for_each_row(count, [&](size_t from, size_t to) {
    std::copy_n(pictures.pixels.data() + from, kSide * kChannels, sheet.data() + to);
  });
  const auto add = [](void* bytes, void* data, int size) {
    const auto* begin = static_cast<const uint8_t*>(data);
    auto* all = static_cast<std::vector<uint8_t>*>(bytes);
    all->insert(all->end(), begin, begin + size);
  };
  stbi_write_jpg_to_func(add, &jpeg, kWidth, count / kSheetColumns * kSide, kChannels, sheet.data(),
                         kQuality);
  return jpeg;
}

Dataset decode_sheet(const std::vector<uint8_t>& bytes, const std::string& file) {
  const Image sheet = decode_image(bytes, file);
  if (sheet.width != kWidth || sheet.height % kSide != 0)
    throw Error(file + ": is " + std::to_string(sheet.width) + " x " +
                std::to_string(sheet.height) + " pixels, expected a sheet of " +
                std::to_string(kWidth) + " x a multiple of " + std::to_string(kSide) +
                ": make it again with ./synthesize");
  const int count = sheet.height / kSide * kSheetColumns;
  Dataset pictures{std::vector<uint8_t>(sheet.pixels.size()), std::vector<uint8_t>(size_t(count))};
  for_each_row(count, [&](size_t to, size_t from) {
    std::copy_n(sheet.pixels.data() + from, kSide * kChannels, pictures.pixels.data() + to);
  });
  return pictures;
}

Dataset load_sheet(const std::filesystem::path& file) {
  return decode_sheet(read_file(file, kLargestFile), file.string());
}

}  // namespace tri
