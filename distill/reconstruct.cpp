#include "distill/reconstruct.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "distill/samples.h"
#include "distill/thresholds.h"
#include "engine/check.h"
#include "engine/gemm.h"
#include "engine/quant.h"

namespace tri {
namespace {

constexpr size_t kRows = 1 << 14;        // pixels that a layer is fitted on, about
constexpr int kThresholdRows = 1 << 12;  // and the thresholds before it
constexpr int kAtOnce = 128;             // pictures that run together
// The ridge, over the mean square of the inputs: it grows with the weights that a row has to
// decide on. Fitted without it, or with a tenth, students were worse on held-out pictures.
constexpr double kRidge = 0.05, kRidgeOfRatio = 2;
// Accumulators count as they are up to so far from the thresholds, in distances between both.
constexpr double kMargin = 0.5;
constexpr int kTurns = 3;  // of fitting, and then setting free what only its side counts of
constexpr int kTile = 128;

// One system of equations: every output from the same inputs and a constant.
// x [P][R + 1], the last column 1. y [P][K], lo and hi [K]: a target below lo says no more than
// that, and so above hi. w [K][R + 1]: in, what the solution is drawn to; out, the solution.
// False where there is none.
bool fit(int P, int R, int K, const float* x, const std::vector<float>& y,
         const std::vector<float>& lo, const std::vector<float>& hi, std::vector<float>& w) {
  const int A = R + 1;
  const auto tiles = [](int size, auto&& work) {  // the same for any number of threads
#pragma omp parallel for schedule(dynamic)
    for (int first = 0; first < size; first += kTile) work(first, std::min(kTile, size - first));
  };
  std::vector<float> gram(size_t(A) * A);
  tiles(A, [&](int a, int count) {  // the upper triangle
    gemm(count, A - a, P, {x + a, A, Transpose::yes}, {x + a, A}, 0, &gram[size_t(a) * A + a], A);
  });
  double trace = 0;
  for (int a = 0; a < R; ++a) trace += gram[size_t(a) * A + a];
  const auto ridge = float((kRidge + kRidgeOfRatio * R / P) * trace / R);
  for (int a = 0; a < R; ++a) gram[size_t(a) * A + a] += ridge;
  if (!(ridge > 0) || !cholesky(A, gram.data())) return false;

  const std::vector<float> old = w;
  std::vector<float> target = y;
  for (int turn = 0; turn <= kTurns; ++turn) {
    if (turn > 0)
      tiles(P, [&](int p, int count) {
        std::vector<float> returned(size_t(count) * K);
        gemm(count, K, A, {x + size_t(p) * A, A}, {w.data(), A, Transpose::yes}, 0, returned.data(),
             K);
        for (int i = 0; i < count * K; ++i) {
          const size_t at = size_t(p) * K + size_t(i), k = at % size_t(K);
          target[at] = y[at] <= lo[k]   ? std::min(returned[i], lo[k])
                       : y[at] >= hi[k] ? std::max(returned[i], hi[k])
                                        : y[at];
        }
      });
    tiles(K, [&](int k, int count) {
      float* rows = &w[size_t(k) * A];
      gemm(count, A, P, {target.data() + k, K, Transpose::yes}, {x, A}, 0, rows, A);
      for (int i = 0; i < count; ++i)
        for (int a = 0; a < R; ++a) rows[size_t(i) * A + a] += ridge * old[(size_t(k) + i) * A + a];
      cholesky_solve(A, gram.data(), count, rows);
    });
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
  const double unit = kWeightMax / double(largest);  // what accumulators are multiplied by
  const double factor = std::ldexp(double(q.m[k]), -q.shift[k]) / unit;
  if (!(factor > 0x1p-31 && factor < 0x1p28)) return;
  for (int r = 0; r < R; ++r) q.weights[size_t(r) * K + k] = int8_t(std::lround(w[r] * unit));
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
      const double step = std::ldexp(1.0, q.shift[k]) / q.m[k], margin = kMargin * (f->t2 - f->t1);
      low[k] = float((f->t1 + 0.5 - margin) * step), high[k] = float((f->t2 + 0.5 + margin) * step);
    }
  }
};

// The layer's weights, fitted to read `inputs` and return `outputs`, both by rows. f: the staircase
// behind the layer, or null. mean, deviation: as in replace_channel().
void fit_layer(const Layer& l, const std::vector<uint8_t>& inputs,
               const std::vector<int32_t>& outputs, const TriSegment* f, QuantLayer& q,
               std::vector<double>& mean, std::vector<double>& deviation) {
  const int R = l.rows(), K = l.output.c, A = R + 1, P = int(outputs.size() / size_t(K));
  const Range range(q, K, f);
  // Channels that read the same inputs are one system; depthwise ones read one channel each.
  const int systems = l.kind == Kind::depthwise ? K : 1, channels = K / systems;
  CHECK(inputs.size() == size_t(P) * size_t(R) * size_t(systems));
  const auto solve = [&](int s) {
    std::vector<float> x(size_t(P) * A), y(size_t(P) * channels), w(size_t(channels) * A);
#pragma omp parallel for
    for (int p = 0; p < P; ++p) {
      for (int r = 0; r < R; ++r) x[size_t(p) * A + r] = inputs[(size_t(p) * R + r) * systems + s];
      x[size_t(p) * A + R] = 1;
      for (int i = 0; i < channels; ++i)
        y[size_t(p) * channels + i] = float(outputs[size_t(p) * K + s + i]);
    }
    for (int i = 0; i < channels; ++i)
      for (int r = 0; r < R; ++r) w[size_t(i) * A + r] = q.weights[size_t(r) * K + s + i];
    const std::vector<float> low(&range.low[s], &range.low[s] + channels),
        high(&range.high[s], &range.high[s] + channels);
    if (!fit(P, R, channels, x.data(), y, low, high, w)) return;
    for (int i = 0; i < channels; ++i)
      replace_channel(&w[size_t(i) * A], R, K, s + i, q, mean, deviation);
  };
  if (systems == 1) return solve(0);
#pragma omp parallel for
  for (int s = 0; s < systems; ++s) solve(s);
}

// fit_thresholds() for what the layer reads and should return, by rows. f: the staircase before it;
// next: the one behind it, or null.
void fit_thresholds_to(const Layer& l, const std::vector<uint8_t>& inputs,
                       const std::vector<int32_t>& outputs, const QuantLayer& q,
                       const TriSegment& f, const TriSegment* next,
                       std::vector<ChannelThresholds>& thresholds) {
  const Range range(q, l.output.c, next);
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
#pragma omp parallel for schedule(dynamic)
  for (int s = 0; s < problems; ++s) solve(s);
}

// Codes that resolve what is around the thresholds in steps of 1/85 of the distance between both.
constexpr TriSegment kFine = {85, 0, 170, 0};

class Reconstruction {
 public:
  Reconstruction(const IntNet& net, const StaircaseSet& set, const Dataset& pictures,
                 const Dataset& calibration, const ChannelStatistics& statistics)
      : pictures_(pictures),
        calibration_(calibration),
        set_(set),
        logits_(size_t(std::max(pictures.size(), calibration.size())) *
                size_t(net.model().layers.back().output.c)),
        levels_(count_levels(net, Staircases(net.model(), set), calibration.pixels)),
        wanted_(net.model(), pictures.size(), kRows),
        student_(net.model()),
        target_(statistics) {
    for (int first = 0; first < pictures.size(); first += kAtOnce)
      net.forward(pictures.pixels.data() + size_t(first) * kPictureBytes,
                  std::min(kAtOnce, pictures.size() - first), logits_.data(), workspace_, nullptr,
                  nullptr, &wanted_);
    student_.staircases = set;
  }

  Model run() {
    bool errs = false;  // what the layer reads: a staircase came before
    for (int i = 0; i < int(student_.layers.size()); ++i) {
      const Layer& l = student_.layers[size_t(i)];
      if (l.kind == Kind::avg_pool) before_ = -1;  // what comes out has more than three levels
      if (!l.has_weights()) continue;
      if (before_ >= 0) move_thresholds(i);
      if (errs) {
        fit_weights(i);
        calibrate(i);
      }
      const bool staircase = l.activated && set_[tap_];
      errs |= staircase;
      before_ = staircase ? i : -1;
      tap_ += l.activated;
    }
    return student_;
  }

 private:
  // Runs a version of the student as far as the codes of a tap, or of one beyond the last to the
  // logits.
  void forward(const Model& model, size_t tap, const Dataset& pictures, Tap* sampler,
               Calibrator* calibrator) {
    const IntNet net(model);
    const Staircases staircases(model, model.staircases);
    const uint8_t* pixels = pictures.pixels.data();
    if (tap == set_.size()) {
      net.forward(pixels, pictures.size(), logits_.data(), workspace_, &staircases, sampler,
                  calibrator);
    } else {
      const int layer = model.tap_layers()[tap];
      codes_.resize(size_t(pictures.size()) * model.layers[size_t(layer)].output.size());
      net.forward_until(int(tap), pixels, pictures.size(), codes_.data(), workspace_, &staircases,
                        sampler, calibrator);
    }
  }

  // The staircase behind the layer at hand, or null.
  const TriSegment* behind(int i) const {
    return student_.layers[size_t(i)].activated && set_[tap_] ? &*set_[tap_] : nullptr;
  }

  // What the layer reads, by rows, in a version of the student.
  std::vector<uint8_t> inputs(const Model& model, int layer) {
    InputSampler sampler(model.layers[size_t(layer)], layer, pictures_.size(), kRows);
    forward(model, tap_, pictures_, &sampler, nullptr);
    return std::move(sampler.rows);
  }

  void fit_weights(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const size_t at = size_t(i);
    fit_layer(l, inputs(student_, i), wanted_.rows[at], behind(i), student_.quant[at],
              target_.mean[at], target_.deviation[at]);
    target_.room[at] = room_for_bias(student_.quant[at], l.output.c);
  }

  void calibrate(int i) {
    const Model fitted = student_;
    const Staircases staircases(fitted, set_);
    StudentCalibrator calibrator(fitted, target_, staircases, &levels_, i);
    forward(fitted, tap_ + student_.layers[size_t(i)].activated, calibration_, nullptr,
            &calibrator);
    student_ = calibrator.student();
  }

  // The thresholds of the layer before, by how much layer i then errs.
  void move_thresholds(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const TriSegment f = *set_[tap_ - 1];
    QuantLayer& q = student_.quant[size_t(before_)];
    const std::vector<double>& room = target_.room[size_t(before_)];
    const int C = l.in.c;

    // The student with fine codes there; where a channel has none, the codes it has.
    Model fine = student_;
    fine.staircases[tap_ - 1].reset();
    QuantLayer& r = fine.quant[size_t(before_)];
    std::vector<ChannelThresholds> thresholds;
    for (int c = 0; c < C; ++c) {
      const Multiplier m{q.m[c], q.shift[c]};
      const auto finer = place(kFine, largest_accumulator(f.t1, m), largest_accumulator(f.t2, m),
                               q.bias[c], room[c]);
      thresholds.push_back(finer ? ChannelThresholds{kFine.t1, kFine.t2}
                                 : ChannelThresholds{f.t1, f.t2, true});
      if (finer) r.m[c] = finer->r.m, r.shift[c] = finer->r.shift, r.bias[c] += finer->offset;
    }
    const std::vector<ChannelThresholds> old = thresholds;
    fit_thresholds_to(l, inputs(fine, i), wanted_.rows[size_t(i)], student_.quant[size_t(i)], f,
                      behind(i), thresholds);

    for (int c = 0; c < C; ++c) {
      if (thresholds[size_t(c)] == old[size_t(c)]) continue;
      const Multiplier m{r.m[c], r.shift[c]};
      const int32_t offset = r.bias[c] - q.bias[c];
      const auto moved = place(f, double(largest_accumulator(thresholds[size_t(c)].t1, m)) - offset,
                               double(largest_accumulator(thresholds[size_t(c)].t2, m)) - offset,
                               q.bias[c], room[c]);
      if (moved) q.m[c] = moved->r.m, q.shift[c] = moved->r.shift, q.bias[c] += moved->offset;
    }
  }

  const Dataset& pictures_;
  const Dataset& calibration_;
  const StaircaseSet& set_;
  Workspace workspace_;
  std::vector<int32_t> logits_;
  std::vector<uint8_t> codes_;
  LevelCounts levels_;
  OutputSampler wanted_;      // the teacher's accumulators
  Model student_;             // its first layers as they will be, the others still the teacher's
  ChannelStatistics target_;  // the teacher's, in the units of student_
  size_t tap_ = 0;            // of the layer at hand, or the next one
  int before_ = -1;           // the layer whose staircase the next one reads, if it reads one
};

}  // namespace

Model reconstructed(const IntNet& net, const StaircaseSet& staircases, const Dataset& pictures,
                    const Dataset& calibration, const ChannelStatistics& statistics) {
  CHECK(pictures.size() > 0 && calibration.size() > 0);
  return Reconstruction(net, staircases, pictures, calibration, statistics).run();
}

}  // namespace tri
