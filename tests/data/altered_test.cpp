// Test pictures as people's pictures are.
#include "data/altered.h"

#include "data/base/error.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// Pixel (y, x) of a picture.
std::vector<uint8_t> pixel(const Dataset& d, int picture, int y, int x) {
  const Shape s = d.shape();
  const uint8_t* at = d.picture(picture) + (y * s.w + x) * s.c;
  return {at, at + s.c};
}

}  // namespace

TEST_CASE("altered pictures are moved or mirrored pixel by pixel, and keep labels and classes") {
  const Dataset before = random_pictures(5, 1, {16, 16, 3});
  const Dataset shifted = altered(before, "shift:2"), flipped = altered(before, "flip");
  CHECK(std::ranges::equal(shifted.labels(), before.labels()));
  CHECK(shifted.classes() == before.classes());
  for (const int y : {0, 1, 5, 15})
    for (const int x : {0, 3, 15}) {
      CHECK(pixel(shifted, 4, y, x) == pixel(before, 4, std::max(y - 2, 0), std::max(x - 2, 0)));
      CHECK(pixel(flipped, 4, y, x) == pixel(before, 4, y, 15 - x));
    }
  CHECK(std::ranges::equal(altered(before, "shift:0").pixels(), before.pixels()));
}

TEST_CASE("a JPEG of less quality is further from the picture") {
  const Dataset before = random_pictures(3, 2, {32, 32, 1});
  double last = 0;
  for (const char* how : {"jpeg:100", "jpeg:75", "jpeg:20"}) {
    const Dataset after = altered(before, how);
    double off = 0;
    for (size_t i = 0; i < before.pixels().size(); ++i)
      off += std::abs(int(after.pixels()[i]) - int(before.pixels()[i]));
    CHECK(off > last);
    last = off;
  }
  CHECK(last / double(before.pixels().size()) < 128);
}

TEST_CASE("an alteration that nobody knows is refused by name") {
  const Dataset pictures = random_pictures(1, 1, {16, 16, 3});
  for (const char* how : {"", "jpeg", "jpeg:", "jpeg:0", "jpeg:101", "jpeg:5x", "shift:16",
                          "shift:-1", "flip:1", "blur"}) {
    CAPTURE(how);
    CHECK_THROWS_WITH_AS(altered(pictures, how), doctest::Contains("unknown alteration"), Error);
  }
}
