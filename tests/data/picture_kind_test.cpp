#include "data/picture_kind.h"

#include <algorithm>

#include "data/base/file.h"
#include "data/base/rng.h"
#include "data/images.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

using Bytes = std::vector<uint8_t>;

// 5 columns, 4 rows, of three colors.
constexpr int kHeight = 4, kWidth = 5;
const uint8_t kColors[3][3] = {{10, 200, 30}, {250, 0, 90}, {70, 80, 255}};
int color_at(int y, int x) { return (3 * y + x) % 3; }

Bytes rgb() {
  Bytes pixels;
  for (int i = 0; i < kHeight * kWidth; ++i) {
    const uint8_t* c = kColors[color_at(i / kWidth, i % kWidth)];
    pixels.insert(pixels.end(), c, c + 3);
  }
  return pixels;
}

void add(Bytes& bytes, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes.push_back(uint8_t(value >> 8 * i));
}

Bytes with_text(const std::string& text) { return {text.begin(), text.end()}; }

// Of 8 bits with `colors` in the palette, or of 24 bits where there are none; bottom row first.
Bytes bmp(int colors) {
  const int row = colors ? 8 : 16, offset = 54 + 4 * colors;
  Bytes b = with_text("BM");
  add(b, size_t(offset + kHeight * row), 4), add(b, 0, 4), add(b, size_t(offset), 4), add(b, 40, 4);
  add(b, kWidth, 4), add(b, kHeight, 4), add(b, 1, 2), add(b, colors ? 8 : 24, 2);
  add(b, 0, 4), add(b, 0, 4), add(b, 0, 8), add(b, size_t(colors), 4), add(b, 0, 4);
  for (int i = 0; i < colors; ++i)
    add(b, kColors[i][2], 1), add(b, kColors[i][1], 1), add(b, kColors[i][0], 1), add(b, 0, 1);
  for (int y = kHeight; y-- > 0;) {
    for (int x = 0; x < kWidth; ++x)
      if (colors)
        add(b, size_t(color_at(y, x)), 1);
      else
        for (int c = 2; c >= 0; --c) add(b, kColors[color_at(y, x)][c], 1);
    add(b, 0, colors ? 3 : 1);
  }
  return b;
}

Bytes pnm(const std::string& header, const Bytes& pixels) {
  Bytes b = with_text(header);
  b.insert(b.end(), pixels.begin(), pixels.end());
  return b;
}

// Plain or in runs of one pixel; the top row first.
Bytes tga(bool runs) {
  Bytes b = {0, 0, uint8_t(runs ? 10 : 2), 0, 0, 0, 0, 0, 0, 0, 0, 0};
  add(b, kWidth, 2), add(b, kHeight, 2), add(b, 24, 1), add(b, 0x20, 1);
  for (int i = 0; i < kHeight * kWidth; ++i) {
    if (runs) b.push_back(0x80);
    for (int c = 2; c >= 0; --c) b.push_back(kColors[color_at(i / kWidth, i % kWidth)][c]);
  }
  return b;
}

// Planes, plain or in PackBits rows of literal bytes.
Bytes psd(bool runs) {
  Bytes b = with_text("8BPS");
  b.insert(b.end(), {0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, kHeight, 0, 0, 0, kWidth, 0, 8, 0, 3});
  add(b, 0, 8), add(b, 0, 4);
  b.insert(b.end(), {0, uint8_t(runs)});
  if (runs)
    for (int i = 0; i < 3 * kHeight; ++i) b.insert(b.end(), {0, kWidth + 1});
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < kHeight; ++y) {
      if (runs) b.push_back(kWidth - 1);
      for (int x = 0; x < kWidth; ++x) b.push_back(kColors[color_at(y, x)][c]);
    }
  return b;
}

// Codes of 3 bits, with a clear code before every pixel so that they never grow.
Bytes gif() {
  Bytes b = with_text("GIF89a");
  add(b, kWidth, 2), add(b, kHeight, 2);
  b.insert(b.end(), {0x81, 0, 0});
  for (int i = 0; i < 4; ++i)
    b.insert(b.end(), kColors[std::min(i, 2)], kColors[std::min(i, 2)] + 3);
  b.push_back(0x2c);
  add(b, 0, 4), add(b, kWidth, 2), add(b, kHeight, 2), add(b, 0, 1), add(b, 2, 1);
  uint64_t held = 0;
  int bits = 0;
  Bytes data;
  const auto put = [&](int code) {
    held |= uint64_t(code) << bits;
    for (bits += 3; bits >= 8; bits -= 8, held >>= 8) data.push_back(uint8_t(held));
  };
  for (int i = 0; i < kHeight * kWidth; ++i) put(4), put(color_at(i / kWidth, i % kWidth));
  put(5);
  data.push_back(uint8_t(held));
  b.push_back(uint8_t(data.size()));
  b.insert(b.end(), data.begin(), data.end());
  b.insert(b.end(), {0, 0x3b});
  return b;
}

struct Sample {
  const char* name;
  Bytes bytes;
  int spare;  // bytes at the end that a decoder need not read
};
std::vector<Sample> samples() {
  const std::string size = "5 4 255\n";
  return {{"24.bmp", bmp(0), 0},
          {"8.bmp", bmp(3), 0},
          {"plain.tga", tga(false), 0},
          {"runs.tga", tga(true), 0},
          {"plain.psd", psd(false), 0},
          {"runs.psd", psd(true), 0},
          {"a.ppm", pnm("P6 # made for a test\n" + size, rgb()), 0},
          {"a.gif", gif(), 1}};
}

}  // namespace

TEST_CASE("kinds: BMP, GIF, TGA, PSD and PNM are decoded exactly, whatever the file is called") {
  for (const Sample& s : samples()) {
    CAPTURE(s.name);
    const bool needs_name = std::string(s.name).ends_with(".tga");
    const Image image = decode_image(s.bytes, needs_name ? s.name : "photograph.jpg", 3);
    CHECK(image.height == kHeight);
    CHECK(image.width == kWidth);
    CHECK(image.pixels == rgb());
  }
  const Bytes grey(20, 77);
  CHECK(decode_image(pnm("P5\n5 4\n255\n", grey), "a.pgm", 1).pixels == grey);
  CHECK(decode_image(pnm("P5\n5 4\n255\n", grey), "a.pgm", 3).pixels == Bytes(60, 77));
}

TEST_CASE("kinds: a picture that is cut short anywhere is refused") {
  for (const Sample& s : samples())
    for (size_t size = 0; size + size_t(s.spare) < s.bytes.size(); ++size) {
      CAPTURE(s.name);
      CAPTURE(size);
      const Bytes part(s.bytes.begin(), s.bytes.begin() + ptrdiff_t(size));
      CHECK_THROWS_WITH_AS(decode_image(part, s.name, 3), Contains("cannot be decoded"), Error);
    }
}

TEST_CASE("kinds: damaged bytes give a picture or an error, never a crash") {
  Rng rng(6);
  int refused = 0, taken = 0;
  for (const Sample& s : samples())
    for (int round = 0; round < 500; ++round) {
      Bytes damaged = s.bytes;
      for (int hits = 1 + rng.below(4); hits > 0; --hits)
        damaged[size_t(rng.below(int(damaged.size())))] = uint8_t(rng.below(256));
      try {
        const Image image = decode_image(damaged, s.name, 1 + 2 * rng.below(2));
        CHECK(image.height >= 1);
        CHECK(image.width >= 1);
        ++taken;
      } catch (const Error&) {
        ++refused;
      }
    }
  CHECK(refused > 500);
  CHECK(taken > 500);
}

TEST_CASE("kinds: what stb_image would get wrong is refused before it sees it") {
  const auto refused = [](const Bytes& bytes, const char* name, const char* why) {
    CHECK_THROWS_WITH_AS(decode_image(bytes, name, 3), Contains(why), Error);
  };
  Bytes palette = bmp(3);
  palette.back() = 0, palette[palette.size() - 8] = 3;  // the fourth of three colors
  refused(palette, "a.bmp", "color is not in its palette");
  refused(pnm("P6 5 4 65535\n", Bytes(120)), "a.ppm", "largest value is not 255");
  refused(pnm("P6 5 4 15\n", Bytes(60)), "a.ppm", "largest value is not 255");
  refused(pnm("P6 0 4 255\n", Bytes(60)), "a.ppm", "no pixels");
  refused(pnm("P6 99999999999 4 255\n", Bytes(60)), "a.ppm", "header is damaged");
  refused(pnm("P6 5000 1 255\n", Bytes(15000)), "a.ppm", "at most 4096 pixels a side");
  Bytes flat = tga(false);
  flat[14] = 0;
  refused(flat, "a.tga", "cannot be decoded");
}

TEST_CASE("kinds: pictures of other kinds are refused by the name of theirs") {
  const auto refused = [](const std::string& text, const char* kind) {
    Bytes bytes = with_text(text);
    bytes.resize(64);
    CHECK_THROWS_WITH_AS(decode_image(bytes, "photograph.jpg", 3), Contains(kind), Error);
  };
  refused("RIFF....WEBPVP8 ", "(it is a WebP picture)");
  refused("II*", "(it is a TIFF picture)");
  refused(std::string("....ftypheic"), "HEIC or AVIF");
  refused("\xff\x0a", "JPEG XL");
  refused("....jP  ", "JPEG 2000");
  refused("<html>", "(it is no picture of a known kind)");
  // A TGA file has no mark: any file might be one.
  CHECK_THROWS_WITH_AS(decode_image(tga(false), "a.jpg", 3), Contains("no picture of a known kind"),
                       Error);
}
