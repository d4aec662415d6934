#include "distill/correct/thresholds.h"

#include <omp.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "data/base/rng.h"
#include "distill/correct/calibrate.h"
#include "engine/arithmetic/quant.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Outputs [P][K] of the problem's weights.
std::vector<float> outputs(const ThresholdProblem& p,
                           const std::vector<ChannelThresholds>& thresholds) {
  std::vector<float> y(size_t(p.P) * p.K);
  for (int c = 0; c < p.C; ++c)
    for (int i = 0; i < p.P; ++i)
      for (int t = 0; t < p.T; ++t) {
        const int code = p.codes[(size_t(c) * p.P + i) * p.T + t];
        const auto& [t1, t2, fixed] = thresholds[size_t(c)];
        for (int k = 0; k < p.K; ++k)
          y[size_t(i) * p.K + k] += p.values[size_t((code > t1) + (code > t2))] *
                                    p.weights[(size_t(c) * p.T + t) * p.K + k];
      }
  return y;
}

// Squared, of the outputs times a factor plus a constant.
double error(const ThresholdProblem& p, const std::vector<ChannelThresholds>& thresholds) {
  const std::vector<float> x = outputs(p, thresholds);
  double sum = 0;
  for (int k = 0; k < p.K; ++k) {
    double x1 = 0, y1 = 0, xx = 0, xy = 0, yy = 0;
    for (size_t at = size_t(k); at < x.size(); at += size_t(p.K)) x1 += x[at], y1 += p.targets[at];
    for (size_t at = size_t(k); at < x.size(); at += size_t(p.K)) {
      const double dx = x[at] - x1 / p.P, dy = p.targets[at] - y1 / p.P;
      xx += dx * dx, xy += dx * dy, yy += dy * dy;
    }
    sum += yy - xy * xy / xx;
  }
  return sum;
}

// A problem whose targets are what hidden thresholds give.
struct Hidden {
  ThresholdProblem problem;
  std::vector<ChannelThresholds> start, hidden;

  Hidden(int P, int T, int C, int K, int lowest = 60)
      : problem{P, T, C, K, {}, {}, {}, {}, {}, {0, 60, 140}} {
    Rng rng(3);
    problem.low.assign(size_t(K), -kInfinity), problem.high.assign(size_t(K), kInfinity);
    for (int i = 0; i < C * P * T; ++i) problem.codes.push_back(uint8_t(rng.below(256)));
    for (int i = 0; i < C * T * K; ++i) problem.weights.push_back(float(rng.normal()));
    start.assign(size_t(C), {85, 170});
    for (int c = 0; c < C; ++c)
      hidden.push_back({lowest + int(rng.below(50)), lowest + 85 + int(rng.below(50))});
    problem.targets = outputs(problem, hidden);
  }
};

}  // namespace

TEST_CASE("thresholds: hidden ones of many channels are found again, all outputs alike") {
  const Hidden h(600, 9, 20, 24);  // three blocks of channels
  std::vector<ChannelThresholds> found = h.start;
  fit_thresholds(h.problem, found);
  CHECK(error(h.problem, found) < 0.1 * error(h.problem, h.start));
  for (size_t c = 0; c < found.size(); ++c) {
    CHECK(std::abs(found[c].t1 - h.hidden[c].t1) <= 5);
    CHECK(std::abs(found[c].t2 - h.hidden[c].t2) <= 5);
  }
}

TEST_CASE("thresholds: the one of two levels is found again, and stays one") {
  Hidden h(600, 9, 20, 24);
  h.problem.values = {0, 60, 60};
  for (size_t c = 0; c < h.start.size(); ++c)
    h.start[c] = {128, 128}, h.hidden[c].t2 = h.hidden[c].t1 += 30;
  h.problem.targets = outputs(h.problem, h.hidden);
  std::vector<ChannelThresholds> found = h.start;
  fit_thresholds(h.problem, found);
  for (size_t c = 0; c < found.size(); ++c) {
    CHECK(found[c].t1 == found[c].t2);
    CHECK(std::abs(found[c].t1 - h.hidden[c].t1) <= 5);
  }
}

TEST_CASE("thresholds: those that move all outputs' means are found too") {
  Hidden h(600, 4, 16, 1, 10);
  for (float& w : h.problem.weights) w = std::abs(w);
  h.problem.targets = outputs(h.problem, h.hidden);
  std::vector<ChannelThresholds> found = h.start;
  fit_thresholds(h.problem, found);
  CHECK(error(h.problem, found) < 0.3 * error(h.problem, h.start));
}

TEST_CASE("thresholds: an output counts less where it stays beyond the next thresholds") {
  Hidden h(1000, 1, 1, 2);
  ThresholdProblem& p = h.problem;
  std::fill(p.weights.begin(), p.weights.end(), 1.0f);
  const std::vector<float> one = outputs(p, {{60, 170}}), other = outputs(p, {{110, 170}});
  for (size_t at = 0; at < p.targets.size(); ++at) p.targets[at] = at % 2 ? other[at] : one[at];
  const auto t1 = [&] {
    std::vector<ChannelThresholds> found = h.start;
    fit_thresholds(p, found);
    return found[0].t1;
  };
  p.low[1] = kInfinity;
  CHECK(t1() < 75);
  p.low[1] = -kInfinity, p.high[0] = -kInfinity;
  CHECK(t1() > 95);
}

TEST_CASE("thresholds: channels that say the same take different ones, and say more together") {
  for (const int T : {1, 9}) {  // one block of channels, three
    Hidden h(500, T, 20, 1);
    ThresholdProblem& p = h.problem;
    for (size_t at = 0; at < p.codes.size(); ++at) p.codes[at] = p.codes[at % size_t(p.P * p.T)];
    std::fill(p.weights.begin(), p.weights.end(), 1.0f);
    for (int i = 0; i < p.P; ++i) {
      p.targets[size_t(i)] = 0;
      for (int t = 0; t < p.T; ++t) p.targets[size_t(i)] += 12 * p.codes[size_t(i * p.T + t)];
    }
    std::vector<ChannelThresholds> found = h.start;
    fit_thresholds(p, found);
    CHECK(error(p, found) < 0.3 * error(p, h.start));
  }
}

TEST_CASE("thresholds: factors and constants of the outputs do not matter") {
  const Hidden h(600, 1, 6, 5);
  ThresholdProblem other = h.problem;
  for (size_t i = 0; i < other.targets.size(); ++i) other.targets[i] = 100 + 3 * other.targets[i];
  std::vector<ChannelThresholds> found = h.start, same = h.start;
  fit_thresholds(h.problem, found);
  fit_thresholds(other, same);
  CHECK(found == same);
}

TEST_CASE("thresholds: fixed ones stay, and the number of threads does not matter") {
  Hidden h(300, 4, 10, 7);
  h.start[3].fixed = true;
  const int threads = omp_get_max_threads();
  std::vector<ChannelThresholds> one = h.start, three = h.start;
  omp_set_num_threads(1);
  fit_thresholds(h.problem, one);
  omp_set_num_threads(3);
  fit_thresholds(h.problem, three);
  omp_set_num_threads(threads);
  CHECK(one == three);
  CHECK(one[3] == h.start[3]);
  CHECK(one[4] != h.start[4]);
}

TEST_CASE("placement: codes pass a staircase's thresholds where accumulators pass two numbers") {
  Rng rng(5);
  for (int trial = 0; trial < 200; ++trial) {
    const int t1 = int(rng.below(100)), t2 = t1 + 1 + int(rng.below(150));
    const TriSegment f{uint8_t(t1), 1, uint8_t(t2), 2};
    const int a1 = int(rng.below(200000)) - 100000, a2 = a1 + 1000 + int(rng.below(100000));
    const auto p = place(f, a1, a2, 0, 1e9);
    REQUIRE(p);
    const double step = double(a2 - a1) / (t2 - t1);  // of a code
    CHECK(std::abs(largest_accumulator(t1, p->r) - p->offset - a1) <= 1 + 1e-6 * step);
    CHECK(std::abs(largest_accumulator(t2, p->r) - p->offset - a2) <= 2 + 1e-6 * step);
  }
  const Multiplier r = multiplier(0.01);
  const auto one = place_one(20, 700, r, 0, 1e9);
  REQUIRE(one);
  CHECK(one->r.value() == r.value());
  CHECK(std::abs(largest_accumulator(20, r) - one->offset - 700) <= 1);
  CHECK(!place_one(20, 700, r, 0, 1));
  const TriSegment f{10, 1, 20, 2};
  CHECK(!place(f, 5, 5, 0, 1e9));  // no room between them
  CHECK(!place({20, 1, 20, 2}, 5, 9, 0, 1e9));
  CHECK(!place(f, 1000, 2000, 0, 10));  // the bias would leave its range
  CHECK(!place(f, 0, 1e12, 0, 1e18));   // and so the factor
}
