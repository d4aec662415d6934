#include "data/picture_kind.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tri {
namespace {

using Bytes = std::span<const uint8_t>;

bool begins(Bytes bytes, std::string_view mark, size_t at = 0) {
  return bytes.size() >= at + mark.size() &&
         std::equal(mark.begin(), mark.end(), bytes.begin() + ptrdiff_t(at),
                    [](char c, uint8_t byte) { return uint8_t(c) == byte; });
}

// The `size` bytes at `at` as a little-endian number; bytes beyond the end are 0.
uint64_t little(Bytes bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | (at + i < bytes.size() ? bytes[at + i] : 0);
  return value;
}

std::string extension_of(const std::string& file) {
  const size_t dot = file.rfind('.');
  if (dot == std::string::npos) return "";
  std::string extension = file.substr(dot);
  for (char& c : extension) c = char(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

template <size_t N>
bool is_one_of(const std::string& extension, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), extension) != std::end(list);
}

// Whether no Huffman table of a JPEG defines more than the 256 codes it may (ITU-T T.81, B.2.4.2):
// stb_image 2.27 does not ask, and would write past its arrays. Finds the segments as it does.
bool huffman_tables_fit(Bytes jpeg) {
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

// stb_image reads what its palette does not define from uninitialized memory.
std::string damage_of_bmp(Bytes bmp) {
  const uint64_t offset = little(bmp, 10, 4), header = little(bmp, 14, 4);
  if (header == 12) return "it is a BMP of OS/2";
  const uint64_t width = little(bmp, 18, 4), bits = little(bmp, 28, 2);
  const auto rows = int32_t(little(bmp, 22, 4));
  const uint64_t height = rows < 0 ? uint64_t(-int64_t(rows)) : uint64_t(rows);
  if (width > 1 << 16 || height > 1 << 16 || bits > 32) return "";  // stb_image refuses these
  const uint64_t row = (width * bits + 31) / 32 * 4;
  if (offset > bmp.size() || row * height > bmp.size() - offset) return "it is cut short";
  if (bits != 1 && bits != 4 && bits != 8) return "";
  const uint64_t colors = offset < 14 + header ? 0 : (offset - 14 - header) / 4;
  for (uint64_t y = 0; y < height; ++y)
    for (uint64_t x = 0; x < width; ++x) {
      const uint8_t byte = bmp[offset + y * row + x * bits / 8];
      if ((byte >> (8 - bits - x * bits % 8) & ((1u << bits) - 1)) >= colors)
        return "a pixel's color is not in its palette";
    }
  return "";
}

// stb_image takes what is missing at the end of plain rows for black.
std::string damage_of_tga(Bytes tga) {
  const uint64_t type = little(tga, 2, 1), bits = little(tga, 16, 1);
  const uint64_t rows = little(tga, 12, 2) * little(tga, 14, 2) * ((bits + 7) / 8);
  if (type < 8 && 18 + little(tga, 0, 1) + rows > tga.size()) return "it is cut short";
  return "";
}

// stb_image converts 16-bit pictures beyond the end of their memory, and scales no other range.
std::string damage_of_pnm(Bytes pnm) {
  uint64_t numbers[3] = {};  // width, height, largest value
  size_t at = 2;
  const auto space = [&] { return at < pnm.size() && std::isspace(pnm[at]); };
  for (uint64_t& number : numbers) {
    while (space() || (at < pnm.size() && pnm[at] == '#'))
      if (pnm[at++] == '#')
        while (at < pnm.size() && pnm[at] != '\n' && pnm[at] != '\r') ++at;
    const size_t first = at;
    for (; at < pnm.size() && std::isdigit(pnm[at]) && at - first < 6; ++at)
      number = number * 10 + (pnm[at] - '0');
    if (at == first || !space()) return "its header is damaged";
  }
  if (numbers[2] != 255) return "its largest value is not 255";
  const uint64_t channels = pnm[1] == '6' ? 3 : 1;
  return at + 1 + numbers[0] * numbers[1] * channels > pnm.size() ? "it is cut short" : "";
}

std::string foreign_kind(Bytes bytes) {
  using namespace std::string_view_literals;
  if (begins(bytes, "RIFF") && begins(bytes, "WEBP", 8)) return "it is a WebP picture";
  if (begins(bytes, "II*\0"sv) || begins(bytes, "MM\0*"sv)) return "it is a TIFF picture";
  if (begins(bytes, "ftyp", 4)) return "it is a HEIC or AVIF picture, or a video";
  if (begins(bytes, "\xff\x0a") || begins(bytes, "JXL ", 4)) return "it is a JPEG XL picture";
  if (begins(bytes, "jP  ", 4)) return "it is a JPEG 2000 picture";
  return "it is no picture of a known kind";
}

}  // namespace

PictureKind picture_kind(Bytes bytes, const std::string& file) {
  if (begins(bytes, "\x89PNG\r\n\x1a\n")) return PictureKind::png;
  if (begins(bytes, "BM")) return PictureKind::bmp;
  if (begins(bytes, "GIF87a") || begins(bytes, "GIF89a")) return PictureKind::gif;
  if (begins(bytes, "8BPS")) return PictureKind::psd;
  if (begins(bytes, "P5") || begins(bytes, "P6")) return PictureKind::pnm;
  if (begins(bytes, "\xff") && !begins(bytes, "\xff\x0a")) return PictureKind::jpeg;
  return extension_of(file) == ".tga" ? PictureKind::tga : PictureKind::unreadable;
}

std::string why_unreadable(PictureKind kind, Bytes bytes) {
  switch (kind) {
    case PictureKind::jpeg:
      return huffman_tables_fit(bytes)
                 ? ""
                 : "it has a Huffman table of over 256 codes, expected at most 256";
    case PictureKind::bmp:
      return damage_of_bmp(bytes);
    case PictureKind::tga:
      return damage_of_tga(bytes);
    case PictureKind::pnm:
      return damage_of_pnm(bytes);
    case PictureKind::unreadable:
      return foreign_kind(bytes);
    default:
      return "";
  }
}

bool has_readable_name(const std::string& file) {
  static constexpr std::string_view kEnds[] = {".jpg", ".jpeg", ".png", ".bmp", ".gif",
                                               ".tga", ".psd",  ".pgm", ".ppm"};
  return is_one_of(extension_of(file), kEnds);
}

bool has_picture_name(const std::string& file) {
  static constexpr std::string_view kEnds[] = {".webp", ".tif", ".tiff", ".heic", ".heif",
                                               ".avif", ".jxl", ".jp2",  ".svg",  ".raw"};
  return has_readable_name(file) || is_one_of(extension_of(file), kEnds);
}

}  // namespace tri
