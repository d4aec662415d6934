// One picture as people keep it, a JPEG, PNG, BMP, GIF, TGA, PSD, PGM or PPM file -> pixels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/base/shape.h"

namespace tri {

constexpr unsigned kLargestSide = 4096;  // pixels; bounds what a hostile file makes us allocate

// pixels: [height][width][channels].
struct Image {
  int height, width;
  std::vector<uint8_t> pixels;
};
// The picture that a file of these bytes holds, grey (one channel) or RGB (three), whatever the
// file has; of an animation the first. It is upright, as its EXIF orientation says, and stands on
// white where it is transparent. Throws Error, which names `file`, when it is of another kind, is
// damaged or cut short, or is larger than kLargestSide on a side.
Image decode_image(const std::vector<uint8_t>& bytes, const std::string& file, int channels);

// The picture in a file as [h][w][c] bytes of this shape, which is as high as wide. Where the
// picture is not, its largest centered square is scaled, every pixel the mean of the area it
// covers. Throws Error as decode_image does, and when the file cannot be read.
std::vector<uint8_t> decode_picture(const std::filesystem::path& file, Shape shape);

}  // namespace tri
