#include "data/jpeg.h"

#include <cstdlib>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace tri {

std::vector<uint8_t> encode_jpeg(const uint8_t* pixels, int height, int width, int channels,
                                 int quality) {
  std::vector<uint8_t> jpeg;
  const auto add = [](void* bytes, void* data, int size) {
    const auto* begin = static_cast<const uint8_t*>(data);
    auto* all = static_cast<std::vector<uint8_t>*>(bytes);
    all->insert(all->end(), begin, begin + size);
  };
  stbi_write_jpg_to_func(add, &jpeg, width, height, channels, pixels, quality);
  return jpeg;
}

}  // namespace tri
