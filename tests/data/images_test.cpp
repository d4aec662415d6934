#include "data/images.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include "data/base/file.h"
#include "data/base/rng.h"
#include "data/exif.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

std::vector<uint8_t> noise(size_t count) {
  Rng rng(1);
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = uint8_t(rng.below(256));
  return bytes;
}

// [side][side][3], as a camera sees it: nothing that JPEG would change much.
std::vector<uint8_t> smooth(int side) {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      pixels.insert(pixels.end(), {uint8_t(60 + 100 * x / side), uint8_t(200 - 100 * y / side),
                                   uint8_t(80 + 50 * (x + y) / side)});
  return pixels;
}

}  // namespace

TEST_CASE("images: a 32x32 PNG is decoded exactly") {
  const Scratch scratch;
  const std::vector<uint8_t> pixels = noise(kPictureBytes);
  write_picture(scratch.path / "a.png", kSide, kSide, 3, pixels);
  CHECK(decode_picture(scratch.path / "a.png", kPictureShape) == pixels);
}

TEST_CASE("images: a JPEG is decoded to nearly what was encoded") {
  const Scratch scratch;
  const std::vector<uint8_t> pixels = smooth(kSide);
  write_picture(scratch.path / "a.jpg", kSide, kSide, 3, pixels);
  const std::vector<uint8_t> decoded = decode_picture(scratch.path / "a.jpg", kPictureShape);
  REQUIRE(decoded.size() == pixels.size());
  int worst = 0;
  for (size_t i = 0; i < pixels.size(); ++i)
    worst = std::max(worst, std::abs(decoded[i] - pixels[i]));
  CHECK(worst <= 8);
}

TEST_CASE("images: grey becomes RGB, and what is transparent stands on white") {
  const Scratch scratch;
  const std::vector<uint8_t> grey = noise(kSide * kSide), rgb = noise(kPictureBytes);
  std::vector<uint8_t> rgba;
  for (size_t i = 0; i < rgb.size(); i += 3)
    rgba.insert(rgba.end(), {rgb[i], rgb[i + 1], rgb[i + 2], uint8_t(i)});
  write_picture(scratch.path / "grey.png", kSide, kSide, 1, grey);
  write_picture(scratch.path / "rgba.png", kSide, kSide, 4, rgba);

  const std::vector<uint8_t> decoded = decode_picture(scratch.path / "grey.png", kPictureShape);
  for (size_t i = 0; i < decoded.size(); ++i)
    if (decoded[i] != grey[i / 3]) FAIL("differs at byte " << i);
  const std::vector<uint8_t> seen = decode_picture(scratch.path / "rgba.png", kPictureShape);
  REQUIRE(seen.size() == rgb.size());
  for (size_t i = 0; i < rgb.size(); ++i) {
    const double alpha = rgba[i / 3 * 4 + 3] / 255.0;
    if (std::abs(seen[i] - (alpha * rgb[i] + (1 - alpha) * 255)) > 0.51)
      FAIL("differs at byte " << i);
  }
}

TEST_CASE("images: EXIF orientations 1 to 8 are applied, in JPEG and PNG, in both byte orders") {
  const Scratch scratch;
  constexpr int kHigh = 32, kWide = 48;  // as it is to be seen
  const auto color = [](int y, int x) {
    return std::vector<uint8_t>{uint8_t(5 * x), uint8_t(7 * y), uint8_t(2 * (x + y))};
  };
  std::vector<uint8_t> seen;
  for (int y = 0; y < kHigh; ++y)
    for (int x = 0; x < kWide; ++x)
      for (const uint8_t byte : color(y, x)) seen.push_back(byte);
  const auto exif = [](int orientation, bool little) {
    std::vector<uint8_t> tiff = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                                 1,   18,  0, 3,  0, 0, 0, 1, 0, uint8_t(orientation),
                                 0,   0,   0, 0};
    if (little)
      tiff = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 18, 1, 3, 0, 1, 0, 0, 0, uint8_t(orientation)};
    return tiff;
  };
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    // As the standard has it: where row 0 and column 0 of the file are in what is seen.
    const bool turned = orientation >= 5;
    const int high = turned ? kWide : kHigh, wide = turned ? kHigh : kWide;
    const auto in = [&](std::initializer_list<int> list) {
      return std::ranges::count(list, orientation);
    };
    std::vector<uint8_t> stored;
    for (int row = 0; row < high; ++row)
      for (int column = 0; column < wide; ++column) {
        int y = turned ? column : row, x = turned ? row : column;
        if (in({3, 4, 7, 8})) y = kHigh - 1 - y;  // at the bottom
        if (in({2, 3, 6, 7})) x = kWide - 1 - x;  // at the right
        for (const uint8_t byte : color(y, x)) stored.push_back(byte);
      }
    for (const std::string name : {"a.jpg", "a.png"}) {
      CAPTURE(name);
      write_picture(scratch.path / name, high, wide, 3, stored);
      const std::vector<uint8_t> plain = read_file(scratch.path / name);
      for (const bool little : {false, true}) {
        const std::vector<uint8_t> tiff = exif(orientation, little);
        std::vector<uint8_t> head, bytes = plain;
        const uint8_t size = uint8_t(tiff.size());
        if (name == "a.jpg")
          head = {0xff, 0xe1, 0, uint8_t(size + 8), 'E', 'x', 'i', 'f', 0, 0};
        else
          head = {0, 0, 0, size, 'e', 'X', 'I', 'f'};
        head.insert(head.end(), tiff.begin(), tiff.end());
        if (name == "a.png") head.resize(head.size() + 4);
        bytes.insert(bytes.begin() + (name == "a.jpg" ? 2 : 33), head.begin(), head.end());
        const Image image = decode_image(bytes, name, 3);
        CHECK(image.height == kHigh);
        CHECK(image.width == kWide);
        REQUIRE(image.pixels.size() == seen.size());
        int worst = 0;
        for (size_t i = 0; i < seen.size(); ++i)
          worst = std::max(worst, std::abs(image.pixels[i] - seen[i]));
        CHECK(worst <= (name == "a.jpg" ? 16 : 0));
        // Cut short anywhere, or of no orientation: as it is stored, or refused.
        for (size_t cut = 0; cut < head.size(); ++cut)
          CHECK(exif_orientation(std::span(bytes).first(cut + 33)) <= 8);
      }
    }
  }
}

TEST_CASE("images: other sizes are scaled by the mean of the area that a pixel covers") {
  const Scratch scratch;
  for (const int side : {1, 16, 31, 33, 64, 100}) {
    CAPTURE(side);
    const std::vector<uint8_t> pixels = noise(size_t(side * side * 3));
    write_picture(scratch.path / "a.png", side, side, 3, pixels);
    const std::vector<uint8_t> decoded = decode_picture(scratch.path / "a.png", kPictureShape);
    REQUIRE(decoded.size() == kPictureBytes);
    // The reference: every target pixel is the mean of the source at side x side points in it.
    double worst = 0;
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        for (int c = 0; c < 3; ++c) {
          double sum = 0;
          for (int i = 0; i < side; ++i)
            for (int j = 0; j < side; ++j)
              sum +=
                  pixels[size_t(((y * side + i) / kSide * side + (x * side + j) / kSide) * 3 + c)];
          const uint8_t value = decoded[size_t((y * kSide + x) * 3 + c)];
          worst = std::max(worst, std::abs(value - sum / (side * side)));
        }
    CHECK(worst <= 0.5);
  }
}

TEST_CASE("images: of an oblong picture the centered square is used") {
  const Scratch scratch;
  const std::vector<uint8_t> square = noise(kPictureBytes);
  std::vector<uint8_t> wide, tall(9 * kSide * 3);
  for (int y = 0; y < kSide; ++y) {
    wide.insert(wide.end(), 20 * 3, 0);
    wide.insert(wide.end(), square.begin() + y * kSide * 3, square.begin() + (y + 1) * kSide * 3);
    wide.insert(wide.end(), 20 * 3, 255);
  }
  tall.insert(tall.end(), square.begin(), square.end());
  tall.insert(tall.end(), 9 * kSide * 3, 255);
  write_picture(scratch.path / "wide.png", kSide, kSide + 40, 3, wide);
  write_picture(scratch.path / "tall.png", kSide + 18, kSide, 3, tall);
  CHECK(decode_picture(scratch.path / "wide.png", kPictureShape) == square);
  CHECK(decode_picture(scratch.path / "tall.png", kPictureShape) == square);
}

TEST_CASE("images: a file that is no picture, or is cut short anywhere, is refused by name") {
  const Scratch scratch;
  const fs::path bad = scratch.path / "bad.jpg";
  CHECK_THROWS_WITH_AS(decode_picture(bad, kPictureShape), Contains("bad.jpg: cannot be read"),
                       Error);
  write_file(bad, std::string("GIF89a, or so"));
  CHECK_THROWS_WITH_AS(decode_picture(bad, kPictureShape), Contains("bad.jpg: cannot be decoded"),
                       Error);
  write_file(bad, std::string());
  CHECK_THROWS_WITH_AS(decode_picture(bad, kPictureShape), Contains("no picture of a known kind"),
                       Error);

  for (const char* name : {"a.png", "a.jpg"}) {
    CAPTURE(name);
    write_picture(scratch.path / name, kSide, kSide, 3, smooth(kSide));
    const std::vector<uint8_t> whole = decode_picture(scratch.path / name, kPictureShape);
    fs::copy_file(scratch.path / name, bad, fs::copy_options::overwrite_existing);
    int accepted = 0;
    for (size_t size = fs::file_size(bad); size-- > 0;) {
      fs::resize_file(bad, size);
      try {
        // A picture may be complete before its file ends; half a picture must not pass.
        CAPTURE(size);
        const bool complete = decode_picture(bad, kPictureShape) == whole;
        CHECK(complete);
        ++accepted;
      } catch (const Error&) {
      }
    }
    CHECK(accepted <= 4);
  }
}

TEST_CASE("images: damaged bytes give a picture or an error, never a crash") {
  const Scratch scratch;
  Rng rng(5);
  int refused = 0;
  for (const char* name : {"a.png", "a.jpg"}) {
    write_picture(scratch.path / name, kSide, kSide, 3, smooth(kSide));
    const std::vector<uint8_t> bytes = read_file(scratch.path / name);
    for (int i = 0; i < 300; ++i) {
      std::vector<uint8_t> damaged = bytes;
      for (int hits = 1 + rng.below(4); hits > 0; --hits)
        damaged[size_t(rng.below(int(damaged.size())))] = uint8_t(rng.below(256));
      std::ofstream(scratch.path / "damaged", std::ios::binary)
          .write(reinterpret_cast<const char*>(damaged.data()), long(damaged.size()));
      try {
        const std::vector<uint8_t> decoded =
            decode_picture(scratch.path / "damaged", kPictureShape);
        CHECK(decoded.size() == kPictureBytes);
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("images: a JPEG whose Huffman table has more than 256 codes is refused") {
  const Scratch scratch;
  const fs::path path = scratch.path / "a.jpg";
  write_picture(path, kSide, kSide, 3, smooth(kSide));
  const std::vector<uint8_t> plain = read_file(path), decoded = decode_picture(path, kPictureShape);
  // One more table behind the start of the image, which the picture's own then replaces.
  const auto with_table = [&](int codes) {
    std::vector<uint8_t> table = {0xff, 0xc4, uint8_t((19 + codes) >> 8), uint8_t(19 + codes), 0};
    table.resize(5 + 16 + size_t(codes));
    table[5 + 14] = uint8_t(codes - 255);  // codes of 15 bits, and the others of 16
    table[5 + 15] = 255;
    std::vector<uint8_t> bytes = plain;
    bytes.insert(bytes.begin() + 2, table.begin(), table.end());
    return bytes;
  };
  write_file(path, with_table(256));
  CHECK(decode_picture(path, kPictureShape) == decoded);
  write_file(path, with_table(257));
  CHECK_THROWS_WITH_AS(decode_picture(path, kPictureShape),
                       Contains("Huffman table of over 256 codes"), Error);
}

TEST_CASE("images: a JPEG without its Huffman tables is decoded alike, whatever the memory held") {
  const Scratch scratch;
  const fs::path path = scratch.path / "a.jpg";
  write_picture(path, kSide, kSide, 3, smooth(kSide));
  std::vector<uint8_t> bytes = read_file(path);
  for (size_t at = 2; bytes[at + 1] != 0xda;) {  // up to the start of the scan
    const size_t length = 2 + bytes[at + 2] * 256 + bytes[at + 3];
    const auto segment = bytes.begin() + ptrdiff_t(at);
    if (bytes[at + 1] == 0xc4)
      bytes.erase(segment, segment + ptrdiff_t(length));
    else
      at += length;
  }
  write_file(path, bytes);
  Rng rng(1);
  std::set<std::string> results;
  for (int i = 0; i < 50; ++i) {
    for (const size_t size : {15000, 20000, 30000}) {  // what stb_image allocates is among it
      std::vector<uint8_t> garbage(size);
      for (uint8_t& byte : garbage) byte = rng.below(3) == 0 ? 255 : uint8_t(rng.below(9));
    }
    try {
      const std::vector<uint8_t> decoded = decode_picture(path, kPictureShape);
      results.emplace(decoded.begin(), decoded.end());
    } catch (const Error& error) {
      results.insert(error.what());
    }
  }
  CHECK(results.size() == 1);
}

TEST_CASE("images: a picture over the largest side, or a chunk claiming gigabytes, is refused") {
  const Scratch scratch;
  const fs::path path = scratch.path / "large.png";
  const int side = int(kLargestSide);
  write_picture(path, 1, side, 1, std::vector<uint8_t>(size_t(side)));
  CHECK_NOTHROW(decode_picture(path, kPictureShape));
  write_picture(path, 1, side + 1, 1, std::vector<uint8_t>(size_t(side) + 1));
  CHECK_THROWS_WITH_AS(decode_picture(path, kPictureShape), Contains("at most 4096 pixels a side"),
                       Error);

  write_picture(path, kSide, kSide, 3, smooth(kSide));
  std::vector<uint8_t> bytes = read_file(path);
  const std::string mark = "IDAT";
  const auto chunk = std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end());
  REQUIRE(chunk != bytes.end());
  *(chunk - 4) = 0x3f;  // the most significant byte of the chunk's length
  write_file(path, bytes);
  CHECK_THROWS_WITH_AS(decode_picture(path, kPictureShape),
                       Contains("large.png: cannot be decoded"), Error);
}

TEST_CASE(
    "images: a chunk that claims 2 GB, which stb_image refuses without a reason, is an error") {
  const Scratch scratch;
  const fs::path path = scratch.path / "large.png";
  write_picture(path, kSide, kSide, 3, smooth(kSide));
  std::vector<uint8_t> bytes = read_file(path);
  const std::string mark = "IDAT";
  const auto chunk = std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end());
  *(chunk - 4) = 0x80;  // the chunk's length: 2^31 and what it was
  write_file(path, bytes);
  CHECK_THROWS_WITH_AS(decode_picture(path, kPictureShape),
                       Contains("cannot be decoded (it is damaged)"), Error);
}

TEST_CASE("images: a picture is scaled to the side and the channels that are asked for") {
  const Scratch scratch;
  const fs::path path = scratch.path / "a.png";
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 96 * 96; ++i)
    pixels.insert(pixels.end(), {uint8_t(i % 96), uint8_t(2 * (i / 96)), 50});
  write_picture(path, 96, 96, 3, pixels);
  CHECK(decode_picture(path, {96, 96, 3}) == pixels);
  const std::vector<uint8_t> half = decode_picture(path, {48, 48, 3});
  REQUIRE(half.size() == 48 * 48 * 3);
  for (int i = 0; i < 48 * 48; ++i) {  // the means of 2t and 2t + 1, halves rounded up
    CHECK(half[size_t(3 * i)] == 2 * (i % 48) + 1);
    CHECK(half[size_t(3 * i + 1)] == 4 * (i / 48) + 1);
    CHECK(half[size_t(3 * i + 2)] == 50);
  }
  const std::vector<uint8_t> grey = decode_picture(path, {96, 96, 1});
  REQUIRE(grey.size() == 96 * 96);
  // The weights of ITU-R BT.601.
  for (int i = 0; i < 96 * 96; i += 97)
    CHECK(std::abs(grey[size_t(i)] - (0.299 * pixels[size_t(3 * i)] +
                                      0.587 * pixels[size_t(3 * i + 1)] + 0.114 * 50)) <= 1.2);
}
