#include "rl/agent/parametrization.h"

#include <cmath>

#include "tests/support/test.h"

using namespace tri;

namespace {

const StaircaseSet kCenters = {TriSegment{10, 20, 40, 60}, std::nullopt,
                               TriSegment{8, 100, 100, 200}};

}  // namespace

TEST_CASE("the middle leaves the centers, and the global step moves all layers together") {
  const auto p = Parametrization::centered(kCenters, {});
  REQUIRE(p.steps() == 3);  // global, and two layers
  Actions actions = p.start();
  CHECK(p.staircases(actions) == kCenters);

  actions[0] = {0, 192, kMiddle, kMiddle, 0};  // the kind has no head: it says nothing
  CHECK(p.heads() == kStaircaseHeads);
  // t1 / 2, v1 * sqrt 2
  CHECK(p.staircases(actions)[0] == TriSegment{5, 28, 40, 60});
  CHECK(!p.staircases(actions)[1]);
  CHECK(p.staircases(actions)[2] == TriSegment{4, 141, 100, 200});

  actions[2][1] = 64;  // the last layer's v1 back by sqrt 2; the sum counts
  CHECK(p.staircases(actions)[0] == TriSegment{5, 28, 40, 60});
  CHECK(p.staircases(actions)[2] == TriSegment{4, 100, 100, 200});
  actions[2][3] = 255;  // 200 * 2^(127/128) does not fit 8 bits
  CHECK(p.staircases(actions)[2]->v2 == 255);
  actions[1] = {255, kMiddle, 0, kMiddle, 255};  // t1 10 * 2^(-1 + 127/128), t2 20: still in order
  CHECK(p.staircases(actions)[0] == TriSegment{10, 28, 20, 60});
  actions[0] = actions[1] = {255, 255, 0, 0};  // t1 40 over t2 10, v1 79 over v2 15
  CHECK(p.staircases(actions)[0] == TriSegment{10, 15, 40, 79});
}

TEST_CASE("without a global step each layer's own moves it along the same scale") {
  const auto p = Parametrization::centered(kCenters, {.global = 0, .residual = 6});
  REQUIRE(p.steps() == 2);
  CHECK(p.is_centered());
  CHECK(!p.has_global_step());
  Actions actions = p.start();
  CHECK(p.staircases(actions) == kCenters);
  actions[1][1] = 64;  // v1 / sqrt 2
  CHECK(p.staircases(actions)[0] == kCenters[0]);
  CHECK(p.staircases(actions)[2] == TriSegment{8, 71, 100, 200});
}

TEST_CASE("raw bins are the numbers themselves, put in order") {
  const auto p = Parametrization::raw(kCenters);
  REQUIRE(p.steps() == 2);
  CHECK(!p.has_global_step());
  const StaircaseSet f = p.staircases({{200, 90, 100, 30}, {1, 2, 3, 4}});
  CHECK(f == StaircaseSet{TriSegment{100, 30, 200, 90}, std::nullopt, TriSegment{1, 2, 3, 4}});
  for (const double x : bell_prior(p.widths(), p.heads()).values) CHECK(x == 0);
}

TEST_CASE("the prior's bells are as wide as asked for, around the middle") {
  const Matrix prior =
      bell_prior(Parametrization::centered(kCenters, {.global = 26, .residual = 10}).widths(),
                 kStaircaseHeads);
  REQUIRE(prior.rows == 3);
  for (int step = 0; step < 3; ++step)
    for (int head = 0; head < kStaircaseHeads; ++head) {
      double sum = 0, first = 0, second = 0;
      for (int bin = 0; bin < kBins; ++bin) {
        const double p = std::exp(prior(step, head * kBins + bin)), x = bin - kMiddle;
        sum += p, first += p * x, second += p * x * x;
      }
      CHECK(first / sum == doctest::Approx(0).epsilon(1e-3));
      CHECK(std::sqrt(second / sum) == doctest::Approx(step == 0 ? 26 : 10).epsilon(1e-3));
    }
}

TEST_CASE("states follow the steps; the global step sees the mean of its layers") {
  const Matrix layers(3, 2, {1 / 3.0, 0.2, 2 / 3.0, 0.9, 1, 0.4});
  const Matrix states = Parametrization::centered(kCenters, {}).states(layers);
  CHECK(states.rows == 3);
  CHECK(states.cols == 2 + 3);
  CHECK(states.values[0] == 0);
  CHECK(states.values[1] == doctest::Approx(0.3));
  CHECK(states(1, 0) == 1 / 3.0);
  CHECK(states(2, 0) == 1);
  CHECK(states(2, 1) == 0.4);
  for (int step = 0; step < 3; ++step)
    for (int i = 0; i < 3; ++i) CHECK(states(step, 2 + i) == (i == step ? kStepMark : 0));
  CHECK(Parametrization::raw(kCenters).states(layers).values ==
        std::vector<double>{1 / 3.0, 0.2, kStepMark, 0, 1, 0.4, 0, kStepMark});
}

TEST_CASE("kinds move from the start's to the nearest, by the global step and the layer's own") {
  const Mixture centers{kCenters,
                        {TriSegment{30, 50, 30, 50}, std::nullopt, TriSegment{80, 160, 80, 160}},
                        {TapKind::eight_bits, TapKind::eight_bits, TapKind::three_levels}};
  const auto p = Parametrization::centered(centers, {});
  REQUIRE(p.steps() == 3);
  CHECK(p.heads() == kHeads);
  Actions actions = p.start();
  CHECK(p.staircases(actions) == StaircaseSet{std::nullopt, std::nullopt, kCenters[2]});
  // Steps of 1 / 25.6 of a kind: 12 are not half of one, 13 are.
  actions[1][kKindHead] = kMiddle + 12;
  CHECK(!p.staircases(actions)[0]);
  actions[1][kKindHead] = kMiddle + 13;
  actions[1][0] = 192;  // t1 by sqrt 2
  CHECK(p.staircases(actions)[0] == TriSegment{14, 20, 40, 60});
  actions[1][kKindHead] = 255;  // five kinds up
  actions[1][2] = actions[1][3] = 0;
  CHECK(p.staircases(actions)[0] == TriSegment{42, 50, 42, 50});
  CHECK(p.mixture(actions).kinds[0] == TapKind::two_levels);
  CHECK(p.mixture(actions).three[0] == TriSegment{14, 20, 20, 30});
  actions[0][kKindHead] = kMiddle + 64;  // half a kind, of all
  actions[2][kKindHead] = kMiddle - 1;
  CHECK(p.staircases(actions)[2] == kCenters[2]);
  actions[2][kKindHead] = kMiddle;
  CHECK(p.staircases(actions)[2] == TriSegment{80, 160, 80, 160});
  CHECK(!p.staircases(actions)[1]);  // fixed

  for (const TapKind first : {TapKind::eight_bits, TapKind::three_levels, TapKind::two_levels})
    for (const TapKind last : {TapKind::eight_bits, TapKind::three_levels, TapKind::two_levels}) {
      const TapKinds kinds{first, TapKind::eight_bits, last};
      CHECK(p.mixture(p.start_with(kinds)).kinds == kinds);
    }
  const auto raw = Parametrization::raw(centers);
  CHECK(raw.staircases({{9, 8, 7, 6, 85}, {9, 8, 7, 6, 171}}) ==
        StaircaseSet{std::nullopt, std::nullopt, TriSegment{9, 8, 9, 8}});
  CHECK(raw.staircases({{9, 8, 7, 6, 86}, {9, 8, 7, 6, 170}}) ==
        StaircaseSet{TriSegment{7, 6, 9, 8}, std::nullopt, TriSegment{7, 6, 9, 8}});
}
