#include <cstdlib>

#include "data/base/file.h"
#include "data/contact_sheet.h"
#include "tests/support/pictures.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;

namespace {

// Picture i is of one color, that of its number.
Dataset plain_pictures(int count) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < count; ++i)
    for (int pixel = 0; pixel < kSide * kSide; ++pixel)
      pixels.insert(pixels.end(), {uint8_t(i), uint8_t(2 * i), uint8_t(255 - i)});
  return {kPictureShape, {}, std::move(pixels), std::vector<uint16_t>(size_t(count))};
}

}  // namespace

TEST_CASE("sheets: every picture comes back at its place, nearly as it was") {
  const Scratch scratch;
  const auto file = scratch.path / "a.jpg";
  for (const int count : {kSheetColumns, 3 * kSheetColumns}) {
    const Dataset pictures = plain_pictures(count);
    write_file(file, encode_sheet(pictures));
    const Dataset loaded = load_sheet(file, kPictureShape);
    REQUIRE(loaded.size() == count);
    REQUIRE(loaded.pixels().size() == pictures.pixels().size());
    CHECK(labels_of(loaded) == labels_of(pictures));
    int worst = 0;  // in the middle: at the edge JPEG mixes the colors of neighbors
    for (int i = 0; i < count; ++i)
      for (int at = kPictureBytes / 2 + kSide / 2 * kChannels, c = 0; c < kChannels; ++c)
        worst = std::max(worst, std::abs(loaded.picture(i)[at + c] - pictures.picture(i)[at + c]));
    CHECK(worst <= 3);
  }
}

TEST_CASE("sheets: each picture's pixels are its own, row by row") {
  const Scratch scratch;
  const auto file = scratch.path / "a.png";  // of any program, and without loss
  const Dataset pictures = random_pictures(2 * kSheetColumns, 1);
  std::vector<uint8_t> sheet;
  for (int y = 0; y < 2 * kSide; ++y)
    for (int x = 0; x < kSheetColumns * kSide; ++x)
      for (int c = 0; c < kChannels; ++c)
        sheet.push_back(
            pictures.picture(y / kSide * kSheetColumns +
                             x / kSide)[(y % kSide * kSide + x % kSide) * kChannels + c]);
  write_picture(file, 2 * kSide, kSheetColumns * kSide, kChannels, sheet);
  CHECK(pixels_of(load_sheet(file, kPictureShape)) == pixels_of(pictures));
}

TEST_CASE("sheets: a file of another size, damaged, cut short or missing is refused by name") {
  const Scratch scratch;
  const auto file = scratch.path / "a.jpg";
  CHECK_THROWS_WITH_AS(load_sheet(file, kPictureShape), Contains("a.jpg: cannot be read"), Error);
  for (const auto& [height, width] : {std::pair(64, 64), std::pair(33, 1024), std::pair(32, 992)}) {
    write_picture(file, height, width, 3, std::vector<uint8_t>(size_t(height * width * 3)));
    CHECK_THROWS_WITH_AS(load_sheet(file, kPictureShape),
                         Contains("expected a sheet of 1024 x a multiple of 32"), Error);
  }
  write_file(file, encode_sheet(random_pictures(kSheetColumns, 1)));
  const std::vector<uint8_t> bytes = read_file(file);
  for (const size_t size : {size_t(0), size_t(10), bytes.size() / 2, bytes.size() - 100}) {
    write_file(file, std::span(bytes).first(size));
    CHECK_THROWS_WITH_AS(load_sheet(file, kPictureShape), Contains("a.jpg: cannot be decoded"),
                         Error);
  }
}

TEST_CASE("sheets: pictures of any side, grey too, come back at their places") {
  const Scratch scratch;
  const auto file = scratch.path / "a.jpg";
  for (const Shape shape : {Shape{48, 48, 3}, Shape{96, 96, 3}, Shape{17, 17, 1}}) {
    CAPTURE(shape.h);
    CHECK(sheet_most(shape) == 4096 / shape.h * kSheetColumns);
    std::vector<uint8_t> pixels;
    for (int i = 0; i < 2 * kSheetColumns; ++i)
      pixels.insert(pixels.end(), shape.size(), uint8_t(4 * i));
    const Dataset pictures(shape, {}, pixels, std::vector<uint16_t>(2 * kSheetColumns));
    write_file(file, encode_sheet(pictures));
    const Dataset loaded = load_sheet(file, shape);
    REQUIRE(loaded.size() == 2 * kSheetColumns);
    CHECK(loaded.shape() == shape);
    int worst = 0;
    for (int i = 0; i < loaded.size(); ++i)
      worst = std::max(worst, std::abs(loaded.picture(i)[shape.size() / 2] - 4 * i));
    CHECK(worst <= 3);
    CHECK_THROWS_WITH_AS(load_sheet(file, {33, 33, 3}), Contains("expected a sheet of 1056 x"),
                         Error);
  }
}
