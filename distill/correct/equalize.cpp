#include "distill/correct/equalize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "data/base/check.h"
#include "engine/arithmetic/quant.h"

namespace tri {
namespace {

constexpr int kMaxOctaves = 2;       // of a scale, up and down
constexpr int kScalesPerOctave = 8;  // that are tried
constexpr int kTurns = 5;

// Counts the codes of every channel: [taps][K].
struct ChannelHistograms : Observer {
  std::vector<std::vector<Histogram>> counts;
  explicit ChannelHistograms(int taps) : counts(size_t(taps)) {}
  void activation(int tap, const uint8_t* values, int n, Shape shape) override {
    std::vector<Histogram>& channels = counts[size_t(tap)];
    channels.resize(size_t(shape.c));
    const size_t pixels = size_t(n) * size_t(shape.h) * size_t(shape.w), K = channels.size();
    for (size_t p = 0; p < pixels; ++p)
      for (size_t k = 0; k < K; ++k) ++channels[k][values[p * K + k]];
  }
};

uint8_t scaled(int code, double s) {
  return uint8_t(std::min<double>(kCodeMax, std::round(code * s)));
}

// The mean-square staircase of a layer whose channels are scaled; errors count as before scaling.
TriSegment common_staircase(const std::vector<Histogram>& channels,
                            const std::vector<double>& scales) {
  std::array<double, kCodeMax + 1> weighted{};
  for (size_t k = 0; k < channels.size(); ++k)
    for (int code = 0; code <= kCodeMax; ++code)
      weighted[scaled(code, scales[k])] += double(channels[k][code]) / (scales[k] * scales[k]);
  // Fractions of a count as integers, of which mse_optimal() takes less than 2^38.
  const double sum = std::accumulate(weighted.begin(), weighted.end(), 0.0);
  const double one = std::min(1024.0, 0x1p37 / std::max(sum, 1.0));
  Histogram all;
  for (size_t code = 0; code < all.size(); ++code)
    all[code] = uint64_t(std::llround(one * weighted[code]));
  return mse_optimal(all).ordered();
}

double squared_error(const Histogram& counts, const TriSegment& f, double s) {
  double error = 0;
  for (int code = 0; code <= kCodeMax; ++code) {
    const double difference = code - f(scaled(code, s)) / s;
    error += double(counts[code]) * difference * difference;
  }
  return error;
}

// Of the channels of one layer, [K].
std::vector<double> scales_of(const std::vector<Histogram>& channels) {
  std::vector<double> scales(channels.size(), 1.0);
  for (int turn = 0; turn < kTurns; ++turn) {
    const TriSegment f = common_staircase(channels, scales);
#pragma omp parallel for
    for (size_t k = 0; k < channels.size(); ++k) {
      scales[k] = 1;  // unless another one is better
      double least = squared_error(channels[k], f, 1);
      constexpr int kMost = kMaxOctaves * kScalesPerOctave;
      for (int i = -kMost; i <= kMost; ++i) {
        const double s = std::exp2(double(i) / kScalesPerOctave);
        const double error = squared_error(channels[k], f, s);
        if (error < least) least = error, scales[k] = s;
      }
    }
  }
  return scales;
}

// A layer whose input channels are multiplied by `in`, and whose output channels shall be by `out`;
// zero: what the codes that it reads call 0.
void rescale(QuantLayer& q, const Layer& layer, int zero, const std::vector<double>& in,
             const std::vector<double>& out) {
  const size_t K = out.size(), rows = size_t(layer.rows()), C = in.size();
  for (size_t k = 0; k < K; ++k) {
    // The accumulator becomes `unit` times what it was. A depthwise filter reads one channel, so
    // its weights stay; others are rounded anew, in the unit that uses all of their 8 bits.
    double unit = layer.kind == Kind::depthwise ? in[k] : 1, before = 0, after = 0;
    if (layer.kind == Kind::conv) {
      double largest = 0;
      for (size_t r = 0; r < rows; ++r)
        largest = std::max(largest, std::abs(q.weights[r * K + k] / in[r % C]));
      if (largest > 0) unit = weight_gain(largest);
      for (size_t r = 0; r < rows; ++r) {
        int8_t& weight = q.weights[r * K + k];
        before += weight;
        weight = round_weight(weight * unit / in[r % C]);
        after += weight;
      }
    }
    rescale_channel(q, k, int(rows), unit, (q.bias[k] + zero * before) * unit - zero * after,
                    Multiplier{q.m[k], q.shift[k]}.value() * out[k] / unit);
  }
}

// Rows whose codes an addition reads keep their scales: its factors serve all channels alike.
std::vector<bool> added(const std::vector<Layer>& layers) {
  std::vector<bool> result(layers.size());
  for (const Layer& l : layers)
    if (l.kind == Kind::add)
      for (const Read& read : l.reads)
        if (read.from != kPicture) result[size_t(read.from)] = true;
  return result;
}

}  // namespace

Model equalized(const IntNet& net, const Dataset& pictures) {
  const Model& teacher = net.model();
  CHECK(teacher.staircases.empty());
  ChannelHistograms histograms(teacher.taps());
  logits_of(net, pictures, {.observer = &histograms});

  Model model = teacher;
  const std::vector<bool> fixed = added(model.layers);
  std::vector<std::vector<double>> scales(model.layers.size());  // of each row's codes
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    if (!l.has_sums()) continue;
    std::vector<double>& out = scales[i];
    out.assign(size_t(l.output.c), 1.0);
    if (l.kind == Kind::add) continue;
    if (l.tap >= 0 && !fixed[i]) out = scales_of(histograms.counts[size_t(l.tap)]);
    const int from = l.reads.front().from;  // the picture stays as it is
    const std::vector<double> in =
        from == kPicture ? std::vector<double>(size_t(l.in.c), 1.0) : scales[size_t(from)];
    rescale(model.quant[i], l, zero_point(model.layers, from), in, out);
  }
  return model;
}

}  // namespace tri
