#include "data/images.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "data/base/file.h"
#include "data/exif.h"
#include "data/picture_kind.h"

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
#define STBI_NO_HDR
#define STBI_NO_PIC
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

// The centered square of a [height][width][c] picture -> [h][h][c]. With lengths measured in 1/h of
// a source pixel, target pixel t covers [t * side, (t + 1) * side) and source pixel s covers [h *
// s, h * (s + 1)), so the weights are the integers by which these overlap. For side = h it is a
// copy.
std::vector<uint8_t> area_average(const uint8_t* picture, int height, int width, Shape shape) {
  const int side = std::min(height, width), target = shape.h, channels = shape.c;
  const uint8_t* square =
      picture +
      (size_t((height - side) / 2) * size_t(width) + size_t((width - side) / 2)) * size_t(channels);
  const auto overlap = [&](int t, int s) {
    return std::min((t + 1) * side, (s + 1) * target) - std::max(t * side, s * target);
  };
  const uint64_t area = uint64_t(side) * uint64_t(side);

  std::vector<uint8_t> out;
  out.reserve(shape.size());
  for (int y = 0; y < target; ++y)
    for (int x = 0; x < target; ++x) {
      uint64_t sum[3] = {};
      for (int sy = y * side / target; sy * target < (y + 1) * side; ++sy)
        for (int sx = x * side / target; sx * target < (x + 1) * side; ++sx) {
          const uint8_t* pixel =
              square + (size_t(sy) * size_t(width) + size_t(sx)) * size_t(channels);
          const uint64_t weight = uint64_t(overlap(y, sy)) * uint64_t(overlap(x, sx));
          for (int c = 0; c < channels; ++c) sum[c] += weight * pixel[c];
        }
      for (int c = 0; c < channels; ++c) out.push_back(uint8_t((sum[c] + area / 2) / area));
    }
  return out;
}

// Of a [pixels][channels + 1] picture whose last value is its opacity, what is seen before white.
std::vector<uint8_t> on_white(const uint8_t* picture, size_t pixels, int channels) {
  constexpr int kWhite = 255, kOpaque = 255;
  std::vector<uint8_t> out;
  out.reserve(pixels * size_t(channels));
  for (size_t i = 0; i < pixels; ++i, picture += channels + 1) {
    const int alpha = picture[channels];
    for (int c = 0; c < channels; ++c)
      out.push_back(
          uint8_t((picture[c] * alpha + kWhite * (kOpaque - alpha) + kOpaque / 2) / kOpaque));
  }
  return out;
}

// The picture as it is meant to be seen (exif.h).
Image upright(Image stored, int orientation, int channels) {
  if (orientation == 1) return stored;
  const bool turned = orientation >= 5;  // rows are columns
  const auto is = [orientation](auto... list) { return ((orientation == list) || ...); };
  const bool from_below = is(3, 4, 6, 7), from_right = is(2, 3, 7, 8);
  Image out{stored.height, stored.width, {}};
  if (turned) std::swap(out.height, out.width);
  out.pixels.reserve(stored.pixels.size());
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      int row = turned ? x : y, column = turned ? y : x;
      if (from_below) row = stored.height - 1 - row;
      if (from_right) column = stored.width - 1 - column;
      const uint8_t* from =
          stored.pixels.data() +
          (size_t(row) * size_t(stored.width) + size_t(column)) * size_t(channels);
      out.pixels.insert(out.pixels.end(), from, from + channels);
    }
  return out;
}

[[noreturn]] void fail(const std::string& file, const std::string& why) {
  throw Error(file + ": cannot be decoded (" + why +
              "), expected an undamaged JPEG, PNG, BMP, GIF, TGA, PSD, PGM or PPM picture of at "
              "most " +
              std::to_string(kLargestSide) + " pixels a side: replace, convert or remove it");
}

}  // namespace

Image decode_image(const std::vector<uint8_t>& bytes, const std::string& file, int channels) {
  const PictureKind kind = picture_kind(bytes, file);
  if (const std::string why = why_unreadable(kind, bytes); !why.empty()) fail(file, why);
  // One byte more than there is: of a file that is cut short, stb_image reads it. (Of JPEG and PNG
  // it knows their ends.)
  std::vector<uint8_t> padded;
  const bool knows_end = kind == PictureKind::jpeg || kind == PictureKind::png;
  if (!knows_end) {
    padded = bytes;
    padded.push_back(0);
  }
  const std::vector<uint8_t>& all = knows_end ? bytes : padded;
  stbi__context source;
  stbi__start_mem(&source, all.data(), int(all.size()));
  stbi__g_failure_reason = nullptr;  // some failures leave the reason as it was
  int width = 0, height = 0, there = 0;
  const std::unique_ptr<uint8_t, void (*)(void*)> picture(
      stbi__load_and_postprocess_8bit(&source, &width, &height, &there, channels + 1),
      stbi_image_free);
  const char* reason = stbi_failure_reason();
  if (!picture) fail(file, reason && *reason ? reason : "it is damaged");
  if (width < 1 || height < 1) fail(file, "it has no pixels");
  if (!knows_end && source.img_buffer >= source.img_buffer_end) fail(file, "it is cut short");
  return upright({height, width, on_white(picture.get(), size_t(height) * size_t(width), channels)},
                 exif_orientation(bytes), channels);
}

std::vector<uint8_t> decode_picture(const fs::path& file, Shape shape) {
  const Image image = decode_image(read_file(file, kLargestBlock), file.string(), shape.c);
  return area_average(image.pixels.data(), image.height, image.width, shape);
}

}  // namespace tri
