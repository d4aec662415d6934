// Pictures of all kinds; the first byte chooses the channels, and whether the name says TGA.
#include "data/images.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::vector<uint8_t> bytes(data + 1, data + size);
  const char* name = data[0] & 2 ? "a.tga" : "a";
  return fuzz([&] { tri::decode_image(bytes, name, data[0] & 1 ? 3 : 1); });
}
