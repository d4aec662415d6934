#include "data/exif.h"

#include <algorithm>
#include <string_view>

namespace tri {
namespace {

using Bytes = std::span<const uint8_t>;
using namespace std::string_view_literals;

bool begins(Bytes bytes, std::string_view mark) {
  return bytes.size() >= mark.size() &&
         std::equal(mark.begin(), mark.end(), bytes.begin(),
                    [](char c, uint8_t byte) { return uint8_t(c) == byte; });
}

// The `size` bytes at `at` as a number; bytes beyond the end are 0.
uint32_t number(Bytes bytes, size_t at, size_t size, bool little) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    const size_t from = at + (little ? size - 1 - i : i);
    value = value << 8 | (from < bytes.size() ? bytes[from] : 0);
  }
  return value;
}

// The bytes [at, at + size), as far as they are there.
Bytes part(Bytes bytes, size_t at, size_t size) {
  if (at >= bytes.size()) return {};
  return bytes.subspan(at, std::min(size, bytes.size() - at));
}

// Of EXIF data: a TIFF header, then a list of tags of 12 bytes each.
int orientation_of_tiff(Bytes tiff) {
  constexpr uint32_t kOrientation = 274, kShort = 3;
  const bool little = begins(tiff, "II*\0"sv);
  if (!little && !begins(tiff, "MM\0*"sv)) return 1;
  const size_t list = number(tiff, 4, 4, little);
  const size_t tags = number(tiff, list, 2, little);
  for (size_t i = 0; i < tags && list + 2 + 12 * i < tiff.size(); ++i) {
    const size_t tag = list + 2 + 12 * i;
    if (number(tiff, tag, 2, little) != kOrientation) continue;
    const uint32_t value = number(tiff, tag + 8, 2, little);
    return number(tiff, tag + 2, 2, little) == kShort && value >= 1 && value <= 8 ? int(value) : 1;
  }
  return 1;
}

// Segments of 0xff, a marker, the length of the rest; what comes behind the start of the scan are
// pixels.
int orientation_of_jpeg(Bytes jpeg) {
  for (size_t at = 2; at + 4 <= jpeg.size() && jpeg[at] == 0xff;) {
    const uint8_t marker = jpeg[at + 1];
    if (marker == 0xff) {  // filling
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) return 1;
    const size_t length = number(jpeg, at + 2, 2, false);
    const Bytes segment = part(jpeg, at + 4, std::max<size_t>(length, 2) - 2);
    if (marker == 0xe1 && begins(segment, "Exif\0\0"sv))
      return orientation_of_tiff(segment.subspan(6));
    at += 2 + std::max<size_t>(length, 2);
  }
  return 1;
}

// Chunks of a length, a name of 4 letters, as many bytes and a sum.
int orientation_of_png(Bytes png) {
  for (size_t at = 8; at + 8 <= png.size();) {
    const size_t length = number(png, at, 4, false);
    if (begins(png.subspan(at + 4), "eXIf")) return orientation_of_tiff(part(png, at + 8, length));
    at += 12 + length;
  }
  return 1;
}

}  // namespace

int exif_orientation(Bytes file) {
  if (begins(file, "\xff\xd8")) return orientation_of_jpeg(file);
  if (begins(file, "\x89PNG\r\n\x1a\n")) return orientation_of_png(file);
  return 1;
}

}  // namespace tri
