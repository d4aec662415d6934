// Pixels -> a JPEG file. Reading is images.h.
#pragma once

#include <cstdint>
#include <vector>

namespace tri {

// pixels: [height][width][channels], grey or RGB; quality: 1 to 100, up to 90 with colors at half
// the resolution.
std::vector<uint8_t> encode_jpeg(const uint8_t* pixels, int height, int width, int channels,
                                 int quality);

}  // namespace tri
