#include "data/contact_sheet.h"

#include <algorithm>

#include "data/base/check.h"
#include "data/base/file.h"
#include "data/images.h"
#include "data/jpeg.h"

namespace tri {
namespace {

constexpr int kQuality = 90;
constexpr uint64_t kLargestFile = 1 << 26;

// Calls f(row of a picture, the same row in the sheet), both of w * c bytes.
template <class F>
void for_each_row(int pictures, Shape shape, F f) {
  const size_t bytes = size_t(shape.w) * size_t(shape.c);
  for (int i = 0; i < pictures; ++i)
    for (int y = 0; y < shape.h; ++y) {
      const size_t row = size_t(i / kSheetColumns) * size_t(shape.h) + size_t(y);
      f(size_t(i) * shape.size() + size_t(y) * bytes,
        (row * kSheetColumns + size_t(i % kSheetColumns)) * bytes);
    }
}

}  // namespace

int sheet_most(Shape shape) { return int(kLargestSide) / shape.h * kSheetColumns; }

std::vector<uint8_t> encode_sheet(const Dataset& pictures) {
  const int count = pictures.size();
  const Shape shape = pictures.shape();
  CHECK(count > 0 && count % kSheetColumns == 0 && count <= sheet_most(shape));
  std::vector<uint8_t> sheet(pictures.pixels().size());
  for_each_row(count, shape, [&](size_t from, size_t to) {
    std::copy_n(pictures.pixels().data() + from, shape.w * shape.c, sheet.data() + to);
  });
  return encode_jpeg(sheet.data(), count / kSheetColumns * shape.h, kSheetColumns * shape.w,
                     shape.c, kQuality);
}

Dataset decode_sheet(const std::vector<uint8_t>& bytes, const std::string& file, Shape shape) {
  const Image sheet = decode_image(bytes, file, shape.c);
  const int width = kSheetColumns * shape.w;
  if (sheet.width != width || sheet.height % shape.h != 0)
    throw Error(file + ": is " + std::to_string(sheet.width) + " x " +
                std::to_string(sheet.height) + " pixels, expected a sheet of " +
                std::to_string(width) + " x a multiple of " + std::to_string(shape.h) +
                ": make it again with ./synthesize");
  const int count = sheet.height / shape.h * kSheetColumns;
  std::vector<uint8_t> pixels(sheet.pixels.size());
  for_each_row(count, shape, [&](size_t to, size_t from) {
    std::copy_n(sheet.pixels.data() + from, shape.w * shape.c, pixels.data() + to);
  });
  return {shape, {}, std::move(pixels), std::vector<uint16_t>(size_t(count))};
}

Dataset load_sheet(const std::filesystem::path& file, Shape shape) {
  return decode_sheet(read_file(file, kLargestFile), file.string(), shape);
}

}  // namespace tri
