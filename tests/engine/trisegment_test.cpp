#include "engine/arithmetic/trisegment.h"

#include <algorithm>
#include <cmath>

#include "data/base/rng.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

double squared_error(const Histogram& histogram, const TriSegment& f) {
  double error = 0;
  for (int x = 0; x < 256; ++x) error += double(histogram[x]) * (f(x) - x) * (f(x) - x);
  return error;
}

// By the definition alone: every threshold pair, every value for each segment.
double least_squared_error(const Histogram& histogram) {
  // segment[b][e]: least error of codes b..e-1 under one common value.
  static double segment[257][257];
  for (int b = 0; b <= 256; ++b)
    for (int e = b; e <= 256; ++e) {
      segment[b][e] = b == e ? 0 : 1e300;
      for (int v = b; v < e; ++v) {  // an optimal value lies among the codes it replaces
        double error = 0;
        for (int x = b; x < e; ++x) error += double(histogram[x]) * (v - x) * (v - x);
        segment[b][e] = std::min(segment[b][e], error);
      }
    }
  double best = 1e300, zeroed = 0;
  for (int t1 = 0; t1 < 256; ++t1) {
    zeroed += double(histogram[t1]) * t1 * t1;
    for (int t2 = t1; t2 < 256; ++t2)
      best = std::min(best, zeroed + segment[t1 + 1][t2 + 1] + segment[t2 + 1][256]);
  }
  return best;
}

double least_squared_error_of_two_levels(const Histogram& histogram) {
  double best = 1e300;
  for (int t = 0; t < 256; ++t)
    for (int v = 0; v < 256; ++v)
      best = std::min(best,
                      squared_error(histogram, {uint8_t(t), uint8_t(v), uint8_t(t), uint8_t(v)}));
  return best;
}

}  // namespace

TEST_CASE("a staircase takes its steps just above its thresholds") {
  const TriSegment f{.t1 = 10, .v1 = 20, .t2 = 30, .v2 = 40};
  CHECK(f(0) == 0);
  CHECK(f(10) == 0);
  CHECK(f(11) == 20);
  CHECK(f(30) == 20);
  CHECK(f(31) == 40);
  CHECK(f(255) == 40);
  for (int x = 0; x < 256; ++x) CHECK(f.table()[x] == f(x));
}

TEST_CASE("a staircase with one threshold has two levels, and is as wide as that is high") {
  CHECK(kind_of(std::nullopt) == TapKind::eight_bits);
  CHECK(kind_of(TriSegment{10, 20, 30, 20}) == TapKind::three_levels);
  CHECK(kind_of(TriSegment{30, 20, 30, 20}) == TapKind::two_levels);
  CHECK(TriSegment{10, 20, 30, 40}.width() == 20);
  CHECK(TriSegment{30, 20, 30, 20}.width() == 30);
  CHECK(TriSegment{0, 20, 0, 20}.width() == 1);
}

TEST_CASE("putting a staircase in order swaps within the thresholds and within the values") {
  const TriSegment rising{.t1 = 1, .v1 = 2, .t2 = 3, .v2 = 4};
  CHECK(rising.ordered() == rising);
  CHECK(TriSegment{.t1 = 3, .v1 = 4, .t2 = 1, .v2 = 2}.ordered() == rising);
  CHECK(TriSegment{.t1 = 3, .v1 = 2, .t2 = 1, .v2 = 4}.ordered() == rising);
  CHECK(TriSegment{.t1 = 1, .v1 = 4, .t2 = 3, .v2 = 2}.ordered() == rising);
}

TEST_CASE("the mean-square optimum is as good as the best found by brute force") {
  Rng rng(1);
  for (int shape = 0; shape < 3; ++shape) {
    Histogram histogram{};
    if (shape == 0)  // dense
      for (auto& n : histogram) n = rng.below(1000);
    if (shape == 1)  // a ReLU's: a spike at 0 and a falling tail
      for (int x = 0; x < 256; ++x) histogram[x] = uint64_t(x ? 3e6 * std::exp(-x / 30.0) : 1e9);
    if (shape == 2)  // a few codes with gaps between
      for (int i = 0; i < 5; ++i) histogram[rng.below(256)] = rng.below(100);
    const TriSegment f = mse_optimal(histogram);
    CHECK(f == f.ordered());
    CHECK(squared_error(histogram, f) == least_squared_error(histogram));
    const TriSegment two = mse_optimal_two(histogram);
    CHECK(kind_of(two) == TapKind::two_levels);
    CHECK(two.v1 == two.v2);
    CHECK(squared_error(histogram, two) == least_squared_error_of_two_levels(histogram));
  }
}

TEST_CASE("at most two codes besides 0 are kept exactly") {
  Histogram histogram{};
  CHECK(mse_optimal(histogram)(255) == 0);
  CHECK(mse_optimal_two(histogram)(255) == 0);
  histogram[0] = 7, histogram[255] = 1;
  CHECK(squared_error(histogram, mse_optimal(histogram)) == 0);
  histogram[100] = 1000000000;
  const TriSegment f = mse_optimal(histogram);
  CHECK(f == f.ordered());
  CHECK(squared_error(histogram, f) == 0);
}
