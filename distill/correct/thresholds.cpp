#include "distill/correct/thresholds.h"

#include <algorithm>
#include <limits>

#include "data/base/check.h"
#include "data/base/parallel.h"
#include "engine/arithmetic/trisegment.h"
#include "engine/float/gemm.h"

namespace tri {
namespace {

constexpr int kSweeps = 2;              // over all channels
constexpr int kSteps[] = {24, 10, 4};   // of codes, tried one after the other
constexpr int kMoves = 3;               // with each of them, at most
constexpr float kFar = 0.3f;            // weight of an error far from the next thresholds
constexpr int kBlock = 64;              // channels times taps that share their matrix products
constexpr int kTile = 128;              // pixels of a thread
constexpr int kLeast = 1, kMost = 253;  // so that all levels stay possible
constexpr int kDirections[8][2] = {{1, 0}, {-1, 0},  {0, 1},  {0, -1},
                                   {1, 1}, {-1, -1}, {1, -1}, {-1, 1}};

using Change = std::array<float, 256>;  // of a code's value

float value(const std::array<uint8_t, 3>& values, const ChannelThresholds& t, int code) {
  return values[size_t(level(code, t.t1, t.t2))];
}

Change change(const std::array<uint8_t, 3>& values, const ChannelThresholds& from,
              const ChannelThresholds& to) {
  Change c;
  for (int code = 0; code < 256; ++code)
    c[size_t(code)] = value(values, to, code) - value(values, from, code);
  return c;
}

// Pixels in tiles that do not depend on the number of threads.
template <class Work>
void tiles(int P, Work&& work) {
  FirstException thrown;
#pragma omp parallel for schedule(dynamic)
  for (int p = 0; p < P; p += kTile) thrown.keep([&] { work(p, std::min(kTile, P - p)); });
  thrown.rethrow();
}

// A channel's part of the problem: codes [P][T]; s [P][T], `stride` apart; g [T][T], likewise.
struct Channel {
  int P, T;
  const uint8_t* codes;
  const float* s;
  const float* g;
  int stride;

  // By which the squared error changes, the outputs' means apart.
  double change_of_error(const Change& change) const {
    std::vector<double> mean(size_t(T), 0.0);
    std::vector<float> d(size_t(T), 0.0f);
    std::vector<int> taps(size_t(T), 0);
    double sum = 0;
    for (int p = 0; p < P; ++p) {
      int count = 0;
      for (int t = 0; t < T; ++t) {
        const float moved = change[codes[size_t(p) * T + t]];
        d[size_t(count)] = moved, taps[size_t(count)] = t;
        count += moved != 0;
      }
      for (int i = 0; i < count; ++i) {
        const int t = taps[i];
        float product = -2 * s[size_t(p) * stride + t];
        for (int j = 0; j < count; ++j) product += d[j] * g[size_t(t) * stride + taps[j]];
        sum += double(d[i]) * product;
        mean[size_t(t)] += d[i];
      }
    }
    for (int t = 0; t < T; ++t)
      for (int u = 0; u < T; ++u) sum -= mean[t] * g[size_t(t) * stride + u] * mean[u] / P;
    return sum;
  }

  ChannelThresholds best(const std::array<uint8_t, 3>& values, const ChannelThresholds& now) const {
    ChannelThresholds best = now;
    double least = 0;
    for (const int step : kSteps)
      for (int move = 0; move < kMoves; ++move) {
        std::array<ChannelThresholds, 8> tried;
        std::array<double, 8> errors;
        const auto try_one = [&](size_t i) {
          tried[i] = {best.t1 + step * kDirections[i][0], best.t2 + step * kDirections[i][1]};
          const bool in_order =
              now.t1 < now.t2 ? tried[i].t1 < tried[i].t2 : tried[i].t1 == tried[i].t2;
          const bool possible = tried[i].t1 >= kLeast && tried[i].t2 <= kMost && in_order;
          errors[i] = possible ? change_of_error(change(values, now, tried[i]))
                               : std::numeric_limits<double>::infinity();
        };
        FirstException thrown;
#pragma omp parallel for schedule(dynamic)
        for (size_t i = 0; i < tried.size(); ++i) thrown.keep([&] { try_one(i); });
        thrown.rethrow();
        const size_t i = size_t(std::ranges::min_element(errors) - errors.begin());
        if (!(errors[i] < least)) break;
        least = errors[i], best = tried[i];
      }
    return best;
  }
};

// [P][K]: targets minus outputs, times the weight of each.
struct Residual {
  std::vector<float> e, weight;
};

// Each output's weights are first multiplied by the factor that suits it best, and a constant is
// added.
Residual residual(ThresholdProblem& p, const std::vector<ChannelThresholds>& thresholds) {
  const int R = p.C * p.T;
  std::vector<float> x(size_t(p.P) * R), outputs(size_t(p.P) * p.K);
  Residual r{std::vector<float>(outputs.size()), std::vector<float>(outputs.size(), 1.0f)};
  tiles(p.P, [&](int first, int count) {
    for (int c = 0; c < p.C; ++c)
      for (int i = first; i < first + count; ++i)
        for (int t = 0; t < p.T; ++t)
          x[size_t(i) * R + size_t(c) * p.T + t] =
              value(p.values, thresholds[size_t(c)], p.codes[(size_t(c) * p.P + i) * p.T + t]);
    gemm(count, p.K, R, {&x[size_t(first) * R], R}, {p.weights.data(), p.K}, 0,
         &outputs[size_t(first) * p.K], p.K);
  });
#pragma omp parallel for
  for (int k = 0; k < p.K; ++k) {
    double x1 = 0, y1 = 0, xx = 0, xy = 0;
    for (size_t at = size_t(k); at < outputs.size(); at += size_t(p.K)) {
      const double o = outputs[at], y = p.targets[at];
      x1 += o, y1 += y, xx += o * o, xy += o * y;
    }
    const double variance = xx - x1 * x1 / p.P, covariance = xy - x1 * y1 / p.P;
    const double factor = variance > 0 ? covariance / variance : 1;
    const double constant = (y1 - factor * x1) / p.P;
    for (size_t at = size_t(k); at < outputs.size(); at += size_t(p.K)) {
      const double y = factor * outputs[at] + constant, target = p.targets[at];
      if (std::max<double>(y, target) <= p.low[k] || std::min<double>(y, target) >= p.high[k])
        r.weight[at] = kFar;
      r.e[at] = r.weight[at] * float(target - y);
    }
    for (size_t at = size_t(k); at < p.weights.size(); at += size_t(p.K))
      p.weights[at] *= float(factor);
  }
  return r;
}

// Neighboring channels, which share their matrix products; N = channels * T.
struct Block {
  int N;
  const float* w;        // [N][K]
  std::vector<float> g;  // [N][N]
  std::vector<float> s;  // [P][N]: the residual times the weights, as it stands
  std::vector<float> d;  // [P][N]: how values changed, less the means

  Block(const ThresholdProblem& p, int first, int channels, const Residual& r,
        const std::vector<float>& mean_weight)
      : N(channels * p.T),
        w(&p.weights[size_t(first) * p.T * p.K]),
        g(size_t(N) * N),
        s(size_t(p.P) * N),
        d(s.size()) {
    std::vector<float> weighted(w, w + size_t(N) * p.K);
    for (size_t at = 0; at < weighted.size(); ++at) weighted[at] *= mean_weight[at % size_t(p.K)];
    gemm(N, N, p.K, {w, p.K}, {weighted.data(), p.K, Transpose::yes}, 0, g.data(), N);
    tiles(p.P, [&](int i, int count) {
      gemm(count, N, p.K, {&r.e[size_t(i) * p.K], p.K}, {w, p.K, Transpose::yes}, 0,
           &s[size_t(i) * N], N);
    });
  }

  // The block's channel whose first column is `at` has changed: those behind it have to know.
  void change(const ThresholdProblem& p, const Change& moved, const uint8_t* codes, int at) {
    const int behind = at + p.T, left = N - behind;
    std::vector<double> mean(size_t(p.T), 0.0);
    for (int i = 0; i < p.P; ++i)
      for (int t = 0; t < p.T; ++t)
        mean[size_t(t)] += moved[codes[size_t(i) * p.T + t]] / double(p.P);
    tiles(p.P, [&](int first, int count) {
      for (int i = first; i < first + count; ++i)
        for (int t = 0; t < p.T; ++t)
          d[size_t(i) * N + at + t] = moved[codes[size_t(i) * p.T + t]] - float(mean[size_t(t)]);
      if (left == 0) return;
      std::vector<float> product(size_t(count) * left);
      gemm(count, left, p.T, {&d[size_t(first) * N + at], N}, {&g[size_t(at) * N + behind], N}, 0,
           product.data(), left);
      for (int i = 0; i < count; ++i)
        for (int j = 0; j < left; ++j)
          s[size_t(first + i) * N + behind + j] -= product[size_t(i) * left + j];
    });
  }

  // Takes all changes from the residual.
  void finish(const ThresholdProblem& p, Residual& r) const {
    tiles(p.P, [&](int i, int count) {
      std::vector<float> product(size_t(count) * p.K);
      gemm(count, p.K, N, {&d[size_t(i) * N], N}, {w, p.K}, 0, product.data(), p.K);
      for (size_t at = 0; at < product.size(); ++at)
        r.e[size_t(i) * p.K + at] -= r.weight[size_t(i) * p.K + at] * product[at];
    });
  }
};

}  // namespace

void fit_thresholds(ThresholdProblem p, std::vector<ChannelThresholds>& thresholds) {
  const size_t size = size_t(p.C) * size_t(p.T);
  CHECK(thresholds.size() == size_t(p.C) && p.codes.size() == size * size_t(p.P) &&
        p.weights.size() == size * size_t(p.K) && p.targets.size() == size_t(p.P) * p.K &&
        p.low.size() == size_t(p.K) && p.high.size() == size_t(p.K));
  Residual r = residual(p, thresholds);
  std::vector<float> mean_weight(size_t(p.K), 0.0f);
  for (size_t at = 0; at < r.weight.size(); ++at)
    mean_weight[at % size_t(p.K)] += r.weight[at] / float(p.P);
  const int at_once = std::max(kBlock / p.T, 1);
  for (int sweep = 0; sweep < kSweeps; ++sweep)
    for (int first = 0; first < p.C; first += at_once) {
      const int channels = std::min(at_once, p.C - first);
      Block block(p, first, channels, r, mean_weight);
      for (int c = 0; c < channels; ++c) {
        ChannelThresholds& now = thresholds[size_t(first + c)];
        if (now.fixed) continue;
        const int at = c * p.T;
        const uint8_t* codes = &p.codes[size_t(first + c) * p.P * p.T];
        const Channel channel{p.P,    p.T, codes, &block.s[at], &block.g[size_t(at) * block.N + at],
                              block.N};
        const ChannelThresholds best = channel.best(p.values, now);
        if (best == now) continue;
        block.change(p, change(p.values, now, best), codes, at);
        now = best;
      }
      block.finish(p, r);
    }
}

}  // namespace tri
