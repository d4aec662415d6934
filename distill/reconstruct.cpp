#include "distill/reconstruct.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/check.h"
#include "engine/gemm.h"
#include "engine/quant.h"

namespace tri {
namespace {

constexpr size_t kRows = 1 << 14;  // pixels that a layer is fitted on, about
constexpr int kAtOnce = 128;       // pictures that run together
// The ridge, over the mean square of the inputs: it grows with the weights that a row has to
// decide on. Fitted without it, or with a tenth, students were worse on held-out pictures.
constexpr double kRidge = 0.05, kRidgeOfRatio = 2;
// Accumulators count as they are up to so far from the thresholds, in distances between both.
constexpr double kMargin = 0.5;
constexpr int kTurns = 3;  // of fitting, and then setting free what only its side counts of
constexpr int kTile = 128;

// Which pixels of a layer's map are taken: every so many-th, in the order of pictures and pixels.
class Stride {
 public:
  Stride(const Layer& layer, int pictures)
      : step_(std::max(size_t(pictures) * size_t(layer.output.h * layer.output.w) / kRows,
                       size_t(1)) |
              1) {}  // odd: all columns of a map
  bool takes_next() { return next_++ % step_ == 0; }

 private:
  size_t step_, next_ = 0;
};

// The teacher's accumulators at those pixels: [layers][rows][K].
class TeacherSampler : public Calibrator {
 public:
  TeacherSampler(const Model& model, int pictures) : rows(model.layers.size()), model_(model) {
    for (const Layer& l : model.layers) strides_.emplace_back(l, pictures);
  }
  void see(int layer, const int32_t* accumulators, size_t pixels) override {
    const size_t K = size_t(model_.layers[size_t(layer)].output.c);
    std::vector<int32_t>& y = rows[size_t(layer)];
    for (; pixels > 0; --pixels, accumulators += K)
      if (strides_[size_t(layer)].takes_next()) y.insert(y.end(), accumulators, accumulators + K);
  }
  Epilogue epilogue(int, const Epilogue& usual) override { return usual; }
  std::vector<std::vector<int32_t>> rows;

 private:
  const Model& model_;
  std::vector<Stride> strides_;
};

// What one layer of the student reads there: [rows][inputs of the kernel].
class StudentSampler : public Tap {
 public:
  StudentSampler(const Layer& layer, int number, int pictures)
      : layer_(layer), number_(number), stride_(layer, pictures) {}
  bool watches(int) const override { return false; }
  void input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape) override {
    if (layer != number_) return;
    for (int i = 0; i < n; ++i, x += layer_.in.size())
      for (int h = 0; h < layer_.output.h; ++h)
        for (int w = 0; w < layer_.output.w; ++w)
          if (stride_.takes_next())
            add(x, f, h * layer_.stride - layer_.pad, w * layer_.stride - layer_.pad);
  }
  std::vector<uint8_t> rows;

 private:
  void add(const uint8_t* map, const TriSegment* f, int h0, int w0) {
    const int C = layer_.in.c;
    const auto values = f ? f->values() : std::array<uint8_t, 3>{};
    for (int h = h0; h < h0 + layer_.kernel; ++h)
      for (int w = w0; w < w0 + layer_.kernel; ++w) {
        const size_t at = rows.size();
        rows.resize(at + size_t(C));  // 0 outside the map
        if (h < 0 || h >= layer_.in.h || w < 0 || w >= layer_.in.w) continue;
        const uint8_t* from = map + (size_t(h) * layer_.in.w + w) * C;
        for (int c = 0; c < C; ++c) rows[at + c] = f ? values[from[c]] : from[c];
      }
  }

  const Layer& layer_;
  int number_;
  Stride stride_;
};

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

// The layer's weights, fitted to read `inputs` and return `outputs`, both by rows. f: the staircase
// behind the layer, or null. mean, deviation: as in replace_channel().
void fit_layer(const Layer& l, const std::vector<uint8_t>& inputs,
               const std::vector<int32_t>& outputs, const TriSegment* f, QuantLayer& q,
               std::vector<double>& mean, std::vector<double>& deviation) {
  const int R = l.rows(), K = l.output.c, A = R + 1, P = int(outputs.size() / size_t(K));
  constexpr float kFar = std::numeric_limits<float>::infinity();
  std::vector<float> lo(K, -kFar), hi(K, kFar);
  if (f)
    for (int k = 0; k < K; ++k) {
      const double step = std::ldexp(1.0, q.shift[k]) / q.m[k], margin = kMargin * (f->t2 - f->t1);
      lo[k] = float((f->t1 + 0.5 - margin) * step), hi[k] = float((f->t2 + 0.5 + margin) * step);
    }
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
    const std::vector<float> low(&lo[s], &lo[s] + channels), high(&hi[s], &hi[s] + channels);
    if (!fit(P, R, channels, x.data(), y, low, high, w)) return;
    for (int i = 0; i < channels; ++i)
      replace_channel(&w[size_t(i) * A], R, K, s + i, q, mean, deviation);
  };
  if (systems == 1) return solve(0);
#pragma omp parallel for
  for (int s = 0; s < systems; ++s) solve(s);
}

}  // namespace

Model reconstructed(const IntNet& net, const StaircaseSet& set, const Dataset& pictures,
                    const Dataset& calibration, const ChannelStatistics& statistics) {
  CHECK(pictures.size() > 0 && calibration.size() > 0);
  Workspace workspace;
  std::vector<int32_t> logits(size_t(std::max(pictures.size(), calibration.size())) *
                              size_t(net.model().layers.back().output.c));
  std::vector<uint8_t> codes;
  // As far as the codes of some tap, or of one beyond the last to the logits.
  const auto run = [&](const IntNet& student, const Staircases& staircases, size_t tap,
                       const uint8_t* pixels, int n, Tap* sampler, Calibrator* calibrator) {
    if (tap == set.size()) {
      student.forward(pixels, n, logits.data(), workspace, &staircases, sampler, calibrator);
    } else {
      const int layer = student.model().tap_layers()[tap];
      codes.resize(size_t(n) * student.model().layers[size_t(layer)].output.size());
      student.forward_until(int(tap), pixels, n, codes.data(), workspace, &staircases, sampler,
                            calibrator);
    }
  };
  TeacherSampler teacher(net.model(), pictures.size());
  for (int first = 0; first < pictures.size(); first += kAtOnce)
    net.forward(pictures.pixels.data() + size_t(first) * kPictureBytes,
                std::min(kAtOnce, pictures.size() - first), logits.data(), workspace, nullptr,
                nullptr, &teacher);
  const LevelCounts levels = count_levels(net, Staircases(net.model(), set), calibration.pixels);

  Model student = net.model();  // its first layers as they will be, the others still the teacher's
  student.staircases = set;
  ChannelStatistics target = statistics;  // in the units of `student`
  size_t tap = 0;
  bool errs = false;  // what the layer reads: a staircase came before
  for (size_t i = 0; i < student.layers.size(); ++i) {
    const Layer& l = net.model().layers[i];
    if (!l.has_weights()) continue;
    const TriSegment* f = l.activated && set[tap] ? &*set[tap] : nullptr;
    if (errs) {
      const IntNet before(student);
      const Staircases staircases(student, set);
      StudentSampler sampler(l, int(i), pictures.size());
      run(before, staircases, tap, pictures.pixels.data(), pictures.size(), &sampler, nullptr);
      fit_layer(l, sampler.rows, teacher.rows[i], f, student.quant[i], target.mean[i],
                target.deviation[i]);
      target.room[i] = room_for_bias(student.quant[i], l.output.c);
      const IntNet fitted(student);
      const Staircases moved(student, set);
      StudentCalibrator calibrator(student, target, moved, &levels, int(i));
      run(fitted, moved, l.activated ? tap + 1 : tap, calibration.pixels.data(), calibration.size(),
          nullptr, &calibrator);
      student = calibrator.student();
    }
    errs |= f != nullptr;
    tap += l.activated;
  }
  return student;
}

}  // namespace tri
