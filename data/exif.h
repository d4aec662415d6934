// EXIF orientation: how a camera was held, and so how the rows and columns of a picture's file lie.
#pragma once

#include <cstdint>
#include <span>

namespace tri {

// 1 to 8, as JEITA CP-3451 (EXIF 2.3, tag 274) numbers them, of a JPEG or PNG file; 1, upright,
// where the file does not say, or says it in no way that can be read.
int exif_orientation(std::span<const uint8_t> file);

}  // namespace tri
