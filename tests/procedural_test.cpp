#include "data/procedural.h"

#include <algorithm>
#include <cmath>

#include "tests/test.h"

using namespace tri;

TEST_CASE("procedural: a picture depends on seed and number alone") {
  const Dataset few = procedural_pictures(20, 1), more = procedural_pictures(50, 1);
  CHECK(few.pixels == more.slice(0, 20).pixels);
  CHECK(few.pixels != procedural_pictures(20, 2).pixels);
  CHECK(few.labels == std::vector<uint8_t>(20, 0));
  CHECK(procedural_pictures(0, 1).size() == 0);
}

TEST_CASE("procedural: pictures have brightness, contrast and detail like photographs") {
  const Dataset data = procedural_pictures(500, 7);
  double sum = 0, squares = 0, steps = 0;
  int flat = 0;
  for (int i = 0; i < data.size(); ++i) {
    const uint8_t* p = data.picture(i);
    for (int k = 0; k < kPictureBytes; ++k) sum += p[k], squares += double(p[k]) * p[k];
    for (int k = 0; k + kChannels < kPictureBytes; ++k) steps += std::abs(p[k] - p[k + kChannels]);
    const auto [low, high] = std::minmax_element(p, p + kPictureBytes);
    flat += *high - *low < 32;
  }
  const double count = double(data.pixels.size());
  const double mean = sum / count, deviation = std::sqrt(squares / count - mean * mean);
  // CIFAR-10's own: mean 121, deviation 64, step between neighbours 14.
  CHECK(mean > 100);
  CHECK(mean < 150);
  CHECK(deviation > 50);
  CHECK(deviation < 80);
  CHECK(steps / count > 8);
  CHECK(steps / count < 20);
  CHECK(flat == 0);
}
