#include "rl/agent/state.h"

#include <cmath>
#include <vector>

#include "tests/support/test.h"

using namespace tri;

TEST_CASE("a layer's state is its depth, mean, spread and 90th percentile") {
  std::vector<Histogram> histograms(4);
  histograms[0].fill(0);
  histograms[0][0] = 5;  // 0, 0, 0, 0, 0, 10, 10, 10, 10, 100
  histograms[0][10] = 4;
  histograms[0][100] = 1;
  histograms[1] = histograms[0];
  histograms[1][10] = 3;  // one of the tens is a 100: now 80 % are at most 10
  histograms[1][100] = 2;
  histograms[2].fill(0);
  histograms[2][255] = uint64_t(1) << 40;
  histograms[3].fill(0);

  const Matrix states = layer_states(histograms);
  REQUIRE(states.rows == 4);
  REQUIRE(states.cols == 4);
  for (int layer = 0; layer < 4; ++layer) CHECK(states(layer, 0) == (layer + 1) / 4.0);
  CHECK(states(0, 1) == doctest::Approx(14 / 255.0));
  CHECK(states(0, 2) == doctest::Approx(std::sqrt(1040.0 - 14 * 14) / 128));
  CHECK(states(0, 3) == doctest::Approx(10 / 255.0));
  CHECK(states(1, 3) == doctest::Approx(100 / 255.0));
  CHECK(states(2, 1) == 1);
  CHECK(states(2, 2) == 0);
  CHECK(states(2, 3) == 1);
  for (int feature = 1; feature < 4; ++feature) CHECK(states(3, feature) == 0);
}
