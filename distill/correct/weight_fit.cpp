#include "distill/correct/weight_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/base/check.h"
#include "data/base/parallel.h"
#include "engine/arithmetic/quant.h"
#include "engine/float/gemm.h"

namespace tri {
namespace {

constexpr int kThresholdRows = 1 << 12;  // pixels that thresholds are fitted on, at most
// The ridge, over the mean square of the inputs: it grows with the weights that a row has to
// decide on. Fitted without it, or with a tenth, students were worse on held-out pictures.
constexpr double kRidge = 0.05, kRidgeOfRatio = 2;
// Accumulators count as they are up to so far from the thresholds, in distances between both.
constexpr double kMargin = 0.5;
constexpr int kTurns = 3;  // of fitting, and then setting free what only its side counts of
constexpr int kTile = 128;
constexpr size_t kAtOnce = 1 << 14;  // pixels whose inputs stand in memory as floats

// What the equations of one system have in common.
struct Inputs {
  const uint8_t* bytes;  // [P][R], `stride` apart
  int P, R, stride;

  // Calls f(first, count, x) for some rows at a time, x: [count][R + 1], the last column 1.
  template <class Do>
  void for_each_part(Do f) const {
    const size_t A = size_t(R) + 1;
    std::vector<float> x(std::min(size_t(P), kAtOnce) * A);
    for (size_t first = 0; first < size_t(P); first += kAtOnce) {
      const size_t count = std::min(kAtOnce, size_t(P) - first);
#pragma omp parallel for
      for (size_t p = 0; p < count; ++p) {
        for (size_t r = 0; r < size_t(R); ++r)
          x[p * A + r] = bytes[((first + p) * size_t(R) + r) * size_t(stride)];
        x[p * A + size_t(R)] = 1;
      }
      f(first, int(count), x.data());
    }
  }
};

// One system of equations: every output from the same inputs and a constant.
// y [P][K], lo and hi [K]: a target below lo says no more than that, and so above hi. w [K][R + 1]:
// in, what the solution is drawn to; out, the solution. False where there is none.
bool fit(const Inputs& inputs, int K, const std::vector<float>& y, const std::vector<float>& lo,
         const std::vector<float>& hi, std::vector<float>& w) {
  const int P = inputs.P, R = inputs.R, A = R + 1;
  const auto tiles = [](int size, auto&& work) {  // the same for any number of threads
    FirstException thrown;
#pragma omp parallel for schedule(dynamic)
    for (int first = 0; first < size; first += kTile)
      thrown.keep([&] { work(first, std::min(kTile, size - first)); });
    thrown.rethrow();
  };
  std::vector<float> gram(size_t(A) * A);
  inputs.for_each_part([&](size_t first, int rows, const float* x) {
    tiles(A, [&](int a, int count) {  // the upper triangle
      gemm(count, A - a, rows, {x + a, A, Transpose::yes}, {x + a, A}, first > 0,
           &gram[size_t(a) * A + a], A);
    });
  });
  double trace = 0;
  for (int a = 0; a < R; ++a) trace += gram[size_t(a) * A + a];
  const auto ridge = float((kRidge + kRidgeOfRatio * R / P) * trace / R);
  for (int a = 0; a < R; ++a) gram[size_t(a) * A + a] += ridge;
  if (!(ridge > 0) || !cholesky(A, gram.data())) return false;

  const std::vector<float> old = w;
  for (int turn = 0; turn <= kTurns; ++turn) {
    std::vector<float> solution(w.size());
    inputs.for_each_part([&](size_t begin, int rows, const float* x) {
      std::vector<float> target(&y[begin * K], &y[begin * K] + size_t(rows) * K);
      if (turn > 0)
        tiles(rows, [&](int p, int count) {
          std::vector<float> returned(size_t(count) * K);
          gemm(count, K, A, {x + size_t(p) * A, A}, {w.data(), A, Transpose::yes}, 0,
               returned.data(), K);
          for (int i = 0; i < count * K; ++i) {
            float& wanted = target[size_t(p) * K + size_t(i)];
            const size_t k = size_t(i) % size_t(K);
            if (wanted <= lo[k])
              wanted = std::min(returned[size_t(i)], lo[k]);
            else if (wanted >= hi[k])
              wanted = std::max(returned[size_t(i)], hi[k]);
          }
        });
      tiles(K, [&](int k, int count) {
        gemm(count, A, rows, {target.data() + k, K, Transpose::yes}, {x, A}, begin > 0,
             &solution[size_t(k) * A], A);
      });
    });
    tiles(K, [&](int k, int count) {
      float* some = &solution[size_t(k) * A];
      for (int i = 0; i < count; ++i)
        for (int a = 0; a < R; ++a) some[size_t(i) * A + a] += ridge * old[(size_t(k) + i) * A + a];
      cholesky_solve(A, gram.data(), count, some);
    });
    w = std::move(solution);
  }
  return true;
}

// Channel k gets weights w [R] and the bias w[R], rounded anew in the unit that uses all of their
// 8 bits. mean, deviation: the teacher's, [K], which go over to the new accumulators.
void replace_channel(const float* w, int R, int K, int k, QuantLayer& q, std::vector<double>& mean,
                     std::vector<double>& deviation) {
  float largest = 0;
  for (int r = 0; r < R; ++r) largest = std::max(largest, std::abs(w[r]));
  if (!(largest > 0) || !std::isfinite(largest)) return;
  const double unit = weight_gain(largest);
  const double factor = Multiplier{q.m[k], q.shift[k]}.value() / unit;
  if (!has_multiplier(factor)) return;
  for (int r = 0; r < R; ++r) q.weights[size_t(r) * K + k] = round_weight(w[r] * unit);
  rescale_channel(q, size_t(k), R, unit, w[R] * unit, factor);
  mean[k] *= unit, deviation[k] *= unit;
}

// Between which accumulators of each channel, [K], it matters what they are, and not only on which
// side: f is the staircase behind the layer, or null.
struct Range {
  std::vector<float> low, high;

  Range(const QuantLayer& q, int K, const TriSegment* f)
      : low(size_t(K), -std::numeric_limits<float>::infinity()),
        high(size_t(K), std::numeric_limits<float>::infinity()) {
    for (size_t k = 0; f && k < low.size(); ++k) {
      const double step = 1 / Multiplier{q.m[k], q.shift[k]}.value(), margin = kMargin * f->width();
      low[k] = float((f->t1 + 0.5 - margin) * step), high[k] = float((f->t2 + 0.5 + margin) * step);
    }
  }
};

}  // namespace

void fit_weights(const Layer& l, const std::vector<uint8_t>& inputs,
                 const std::vector<int32_t>& outputs, const TriSegment* behind, QuantLayer& q,
                 std::vector<double>& mean, std::vector<double>& deviation) {
  const int R = l.rows(), K = l.output.c, A = R + 1, P = int(outputs.size() / size_t(K));
  const Range range(q, K, behind);
  // Channels that read the same inputs are one system; depthwise ones read one channel each.
  const int systems = l.kind == Kind::depthwise ? K : 1, channels = K / systems;
  CHECK(inputs.size() == size_t(P) * size_t(R) * size_t(systems));
  const auto solve = [&](int s) {
    std::vector<float> y(size_t(P) * channels), w(size_t(channels) * A);
#pragma omp parallel for
    for (int p = 0; p < P; ++p)
      for (int i = 0; i < channels; ++i)
        y[size_t(p) * channels + i] = float(outputs[size_t(p) * K + s + i]);
    for (int i = 0; i < channels; ++i)
      for (int r = 0; r < R; ++r) w[size_t(i) * A + r] = q.weights[size_t(r) * K + s + i];
    const std::vector<float> low(&range.low[s], &range.low[s] + channels),
        high(&range.high[s], &range.high[s] + channels);
    if (!fit({inputs.data() + s, P, R, systems}, channels, y, low, high, w)) return;
    for (int i = 0; i < channels; ++i)
      replace_channel(&w[size_t(i) * A], R, K, s + i, q, mean, deviation);
  };
  if (systems == 1) return solve(0);
  FirstException thrown;
#pragma omp parallel for
  for (int s = 0; s < systems; ++s) thrown.keep([&] { solve(s); });
  thrown.rethrow();
}

void fit_thresholds(const Layer& l, const std::vector<uint8_t>& inputs,
                    const std::vector<int32_t>& outputs, const QuantLayer& q, const TriSegment& f,
                    const TriSegment* behind, std::vector<ChannelThresholds>& thresholds) {
  // Outputs that sum over few inputs drift where they count little: MobileNetV1's were worse.
  const bool few = l.kind == Kind::depthwise || l.kernel == 1;
  const Range range(q, l.output.c, few ? nullptr : behind);
  const int K = l.output.c, C = l.in.c, T = l.kernel * l.kernel;
  const int rows = int(outputs.size() / size_t(K)), step = (rows - 1) / kThresholdRows + 1;
  const int P = (rows + step - 1) / step;
  std::vector<float> unit(size_t(K), 0.0f);  // 1 over an output's deviation
  for (int k = 0; k < K; ++k) {
    double sum = 0, squares = 0;
    for (size_t at = size_t(k); at < outputs.size(); at += size_t(K) * step)
      sum += outputs[at], squares += double(outputs[at]) * outputs[at];
    const double variance = squares / P - sum / P * (sum / P);
    if (variance > 0) unit[size_t(k)] = float(1 / std::sqrt(variance));
  }
  // Depthwise, every channel is a problem of its own.
  const int problems = l.kind == Kind::depthwise ? C : 1, channels = C / problems,
            K1 = K / problems;
  const auto solve = [&](int s) {
    ThresholdProblem p{P, T, channels, K1, {}, {}, {}, {}, {}, f.values()};
    for (int k = s; k < s + K1; ++k)
      p.low.push_back(range.low[k] * unit[k]), p.high.push_back(range.high[k] * unit[k]);
    p.codes.resize(size_t(channels) * P * T);
    p.weights.resize(size_t(channels) * T * K1), p.targets.resize(size_t(P) * K1);
    for (int c = 0; c < channels; ++c) {
      for (int i = 0; i < P; ++i)
        for (int t = 0; t < T; ++t)
          p.codes[(size_t(c) * P + i) * T + t] = inputs[(size_t(i) * step * T + t) * C + s + c];
      for (int t = 0; t < T; ++t)
        for (int k = 0; k < K1; ++k)
          p.weights[(size_t(c) * T + t) * K1 + k] =
              q.weights[(size_t(t) * channels + c) * K + s + k] * unit[size_t(s + k)];
    }
    for (int i = 0; i < P; ++i)
      for (int k = 0; k < K1; ++k)
        p.targets[size_t(i) * K1 + k] =
            float(outputs[size_t(i) * step * K + s + k]) * unit[size_t(s + k)];
    std::vector<ChannelThresholds> some(&thresholds[size_t(s)], &thresholds[size_t(s)] + channels);
    fit_thresholds(std::move(p), some);
    std::copy(some.begin(), some.end(), &thresholds[size_t(s)]);
  };
  if (problems == 1) return solve(0);
  FirstException thrown;
#pragma omp parallel for schedule(dynamic)
  for (int s = 0; s < problems; ++s) thrown.keep([&] { solve(s); });
  thrown.rethrow();
}

}  // namespace tri
