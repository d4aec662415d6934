#include "distill/synthesis/synthesize.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "data/base/check.h"
#include "data/batch.h"
#include "distill/synthesis/pyramid.h"
#include "engine/float/batchnorm.h"
#include "engine/float/loops/loops.h"
#include "engine/float/loss.h"
#include "engine/float/optim.h"
#include "engine/integer/dequantize.h"

namespace tri {
namespace {

constexpr int kJitter = 2;          // pixels that a view is moved by, at most
constexpr double kMoving = 0.3;     // share of the steps that look at moved pictures
constexpr float kSmoothing = 0.1f;  // of the classes, as teachers are trained
constexpr float kDarkest = -kPixelZero / kPixelUnit, kBrightest = (255 - kPixelZero) / kPixelUnit;

// How the net sees all pictures of a batch in one step: moved, the pixels at the edge repeated, and
// mirrored.
struct View {
  int dy = 0, dx = 0;
  bool mirror = false;

  // Calls f(offset in the view, offset in the picture) for every pixel.
  template <class F>
  void for_each_pixel(Shape shape, F f) const {
    const int side = shape.h;
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        const int from_y = std::clamp(y + dy, 0, side - 1);
        const int from_x = std::clamp((mirror ? side - 1 - x : x) + dx, 0, side - 1);
        f((y * side + x) * shape.c, (from_y * side + from_x) * shape.c);
      }
  }
};

// Adds the gradients of the mean squares of pixels and of steps between neighbors.
void add_smoothness(const float* x, Shape shape, double variation, double norm, float* dx) {
  const int values = int(shape.size()), row = shape.w * shape.c;
  const float pull = float(2 * norm / values), level = float(2 * variation / values);
  const auto step = [&](int a, int b) {
    const float d = level * (x[a] - x[b]);
    dx[a] += d, dx[b] -= d;
  };
  for (int i = 0; i < values; ++i) {
    dx[i] += pull * x[i];
    if (i % row + shape.c < row) step(i, i + shape.c);
    if (i + row < values) step(i, i + row);
  }
}

// Pictures that are made together.
class Batch {
 public:
  Batch(Net& net, const SynthesisOptions& options, int begin, int end)
      : net_(net),
        o_(options),
        shape_(net.layers.front().in),
        pyramid_(shape_),
        classes_(net.layers.back().output.c),
        n_(end - begin),
        rng_(~options.seed, uint64_t(begin)) {
    for (auto* pixels : {&x_, &dx_, &d_view_}) pixels->resize(size_t(n_) * shape_.size());
    for (auto* nodes : {&nodes_, &d_nodes_, &m_, &v_})
      nodes->assign(size_t(n_) * size_t(pyramid_.nodes()), 0);
    gradient_.logits.resize(size_t(n_) * size_t(classes_));
    for (int i = 0; i < n_; ++i) {
      pyramid_.random_nodes(Rng(o_.seed, uint64_t(begin + i)), &nodes_[nodes_at(i)]);
      labels_.push_back(uint16_t((begin + i) % classes_));
    }
    paint_all();
  }

  // Returns the losses: statistics, classes. The first steps look at the pictures moved and
  // mirrored (DeepInversion), the others at what a sheet makes of them, whose gradient is taken for
  // theirs, so that what JPEG takes away is made up for.
  std::pair<double, double> step(Activations& acts, int step) {
    const bool moving = step < kMoving * o_.steps;
    const View view = moving ? View{jitter(), jitter(), rng_.below(2) == 1} : View{};
    show(moving ? x_ : normalized(pictures().pixels()), view, acts);
    forward(net_, acts, n_, {});
    const double classes = cross_entropy(n_, classes_, acts.logits(), labels_.data(), kSmoothing,
                                         gradient_.logits.data());
    for (float& d : gradient_.logits) d *= float(o_.classes);
    StatisticsLoss statistics(net_, o_.statistics);
    backward(net_, acts, gradient_,
             {.weights = false, .pictures = d_view_.data(), .add = std::ref(statistics)});
    take_gradient(view);
    const double rate = o_.rate * (1 + std::cos(std::numbers::pi * step / o_.steps)) / 2;
    adam_step<float>({rate, 0.9, 0.99, 1e-12}, step + 1, nodes_.size(), d_nodes_.data(), m_.data(),
                     v_.data(), nodes_.data());
    paint_all();
    return {statistics.value, classes};
  }

  // As a sheet holds them.
  Dataset pictures() const {
    std::vector<uint8_t> pixels;
    pixels.reserve(x_.size());
    for (const float x : x_) pixels.push_back(uint8_t(std::lround(x * kPixelUnit) + kPixelZero));
    const Dataset plain(shape_, {}, std::move(pixels), labels_);
    return decode_sheet(encode_sheet(plain), "a sheet", shape_).relabeled({}, labels_);
  }

 private:
  size_t nodes_at(int i) const { return size_t(i) * size_t(pyramid_.nodes()); }
  int jitter() { return rng_.below(2 * kJitter + 1) - kJitter; }

  static std::vector<float> normalized(std::span<const uint8_t> pixels) {
    std::vector<float> x(pixels.size());
    normalize(pixels.data(), pixels.size(), x.data());
    return x;
  }

  void show(const std::vector<float>& x, const View& view, Activations& acts) {
    float* seen = input(net_, acts, n_);
#pragma omp parallel for
    for (int i = 0; i < n_; ++i) {
      const size_t at = size_t(i) * shape_.size();
      view.for_each_pixel(
          shape_, [&](int to, int from) { std::copy_n(&x[at + from], shape_.c, &seen[at + to]); });
    }
  }

  // d_view_ -> d_nodes_.
  void take_gradient(const View& view) {
#pragma omp parallel for
    for (int i = 0; i < n_; ++i) {
      const size_t at = size_t(i) * shape_.size();
      std::fill_n(&dx_[at], shape_.size(), 0.0f);
      view.for_each_pixel(shape_, [&](int from, int to) {
        for (int c = 0; c < shape_.c; ++c) dx_[at + to + c] += d_view_[at + from + c];
      });
      add_smoothness(&x_[at], shape_, o_.variation / n_, o_.norm / n_, &dx_[at]);
      pyramid_.paint_backward(&dx_[at], &d_nodes_[nodes_at(i)]);
    }
  }

  void paint_all() {
#pragma omp parallel for
    for (int i = 0; i < n_; ++i) {
      float* x = &x_[size_t(i) * shape_.size()];
      pyramid_.paint(&nodes_[nodes_at(i)], x);
      for (size_t at = 0; at < shape_.size(); ++at) x[at] = std::clamp(x[at], kDarkest, kBrightest);
    }
  }

  Net& net_;
  const SynthesisOptions& o_;
  Shape shape_;  // of a picture
  Pyramid pyramid_;
  int classes_, n_;
  Rng rng_;
  std::vector<uint16_t> labels_;
  std::vector<float> nodes_, d_nodes_, m_, v_;  // [n][pyramid_.nodes()]
  std::vector<float> x_, dx_, d_view_;          // [n][h][w][c]
  LossGradient gradient_;
};

}  // namespace

void StatisticsLoss::operator()(int layer, int M, int K, const float* y, float* d) {
  std::vector<float> mean(K), variance(K), shift(K), slope(K);
  const std::vector<float> ones(K, 1);
  channel_moments(M, K, y, mean.data(), variance.data());
  const size_t at = net_.channel_at[layer];
  const double scale = 2 * weight_ / (double(M) * K);
  for (int k = 0; k < K; ++k) {
    const double s = std::sqrt(net_.running_variance[at + k] + kEpsilon);
    const double deviation = std::sqrt(variance[k] + kEpsilon);
    const double off = (mean[k] - net_.running_mean[at + k]) / s, wide = deviation / s - 1;
    value += (off * off + wide * wide) / K;
    shift[k] = float(-scale * off / s);
    slope[k] = float(-scale * wide / (s * deviation));
  }
  constexpr int kRows = 256;
#pragma omp parallel for
  for (int row = 0; row < M; row += kRows)
    loops().norm_backward(std::min(kRows, M - row), K, y + size_t(row) * K, ones.data(),
                          mean.data(), shift.data(), slope.data(), d + size_t(row) * K);
}

Dataset synthesize(const Model& teacher, const SynthesisOptions& o,
                   const std::function<void(const SynthesisProgress&)>& report) {
  CHECK(o.count > 0 && o.count % kSheetColumns == 0 && o.batch >= kSheetColumns);
  Net net = dequantize(teacher);
  net.quantized = false;  // its weights are codes already; activations that are none have gradients
  std::fill(net.scale.begin(), net.scale.end(), 0.0f);
  const Shape shape = net.layers.front().in;
  const int rows = o.count / kSheetColumns, most = o.batch / kSheetColumns;
  const int batches = (rows + most - 1) / most;
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  Activations acts;
  for (int b = 0; b < batches; ++b) {
    const int begin = rows * b / batches * kSheetColumns;
    Batch batch(net, o, begin, rows * (b + 1) / batches * kSheetColumns);
    for (int step = 0; step < o.steps; ++step) {
      const auto [statistics, classes] = batch.step(acts, step);
      report({b * o.steps + step + 1, batches * o.steps, begin + 1, statistics, classes});
    }
    const Dataset made = batch.pictures();
    pixels.insert(pixels.end(), made.pixels().begin(), made.pixels().end());
    labels.insert(labels.end(), made.labels().begin(), made.labels().end());
  }
  return {shape, {}, std::move(pixels), std::move(labels)};
}

}  // namespace tri
