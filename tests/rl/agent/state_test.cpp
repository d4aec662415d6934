#include "rl/agent/state.h"

#include <cmath>
#include <vector>

#include "tests/support/random_model.h"
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

TEST_CASE("the wide state also tells what reads a layer, and what kinds lose in trials") {
  Rng rng(1);
  std::vector<Layer> rows = {conv3("a", 4), dw("b", 1), pw("c", 8), average("p"),
                             logits(linear("f", kClasses))};
  resolve(rows, {8, 8, 3});
  const Model model = random_model(rows, rng);
  REQUIRE(model.taps() == 3);
  std::vector<Histogram> histograms(3);
  for (Histogram& h : histograms) h.fill(0), h[0] = 6, h[10] = 3, h[90] = 1;
  const std::vector<std::array<double, kTapKinds>> losses = {
      {0, 1e-3, 0.1}, {0, -1, 1e9}, {0, 1e-4, 1}};
  const EnergyTable table;
  const Matrix s = wide_states(model, table, histograms, losses);
  REQUIRE(s.rows == 3);
  REQUIRE(s.cols == kWideStates);
  const Matrix simple = layer_states(histograms);
  for (int tap = 0; tap < 3; ++tap)
    for (int i = 0; i < kSimpleStates; ++i) CHECK(s(tap, i) == simple(tap, i));
  CHECK(s(0, 4) == doctest::Approx(0.4));
  // Both values are met exactly.
  CHECK(s(0, 5) == doctest::Approx(10 / 255.0));
  CHECK(s(0, 6) == doctest::Approx(90 / 255.0));
  CHECK(s(0, 7) == 0);
  const std::vector<double> energies = teacher_energy(model, table);
  CHECK(s(0, 8) == doctest::Approx(energies[1] / total(energies)));
  CHECK(s(1, 8) == doctest::Approx(energies[2] / total(energies)));
  CHECK(s(2, 8) == 0);  // an average makes other codes of it
  CHECK(s(0, 9) == 1);  // the depthwise layer reads it
  CHECK(s(1, 9) == 0);
  CHECK(s(1, 10) == 1);  // the 1x1 convolution
  CHECK(s(0, 13) == doctest::Approx(std::log2(9.0) / 16));
  CHECK(s(1, 13) == doctest::Approx(std::log2(4.0) / 16));
  CHECK(s(0, 14) == doctest::Approx(0.2));
  CHECK(s(0, 15) == doctest::Approx(0.6));
  CHECK(s(1, 14) == 0);
  CHECK(s(1, 15) == 1);
  const Matrix without = wide_states(model, table, histograms, {});
  CHECK(without(0, 15) == 0);
  CHECK(without(0, 13) == s(0, 13));
}
