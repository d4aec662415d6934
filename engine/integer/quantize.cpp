#include "engine/integer/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/base/check.h"
#include "data/base/error.h"
#include "data/batch.h"
#include "engine/arithmetic/quant.h"
#include "engine/float/batchnorm.h"

namespace tri {
namespace {

// The codes that go in or out of a layer: a = scale * (x - zero).
struct Codes {
  double scale;
  int zero;
};

// One output channel: its weights' codes are scaled by `unit`, the accumulator's step by `step`.
struct Channel {
  double gain, offset;    // the layer computes gain * (sum of w * a) + offset
  float weight_unit;      // w = weight_unit * q
  double mean, variance;  // of what the layer computes, before ReLU
};

// The nearest finite float.
float finite(double x) {
  constexpr double kMax = std::numeric_limits<float>::max();
  return float(std::clamp(x, -kMax, kMax));
}

// Fills in channel k.
void quantize_channel(const Layer& l, const float* w, int k, const Channel& channel, Codes in,
                      Codes out, QuantLayer& q) {
  const int K = l.output.c, R = l.rows();
  if (!std::isfinite(channel.gain) || !std::isfinite(channel.offset))
    throw Error("layer " + l.name + ": a channel's batch norm is not a finite number");
  double step = in.scale * channel.weight_unit * std::fabs(channel.gain);
  double bias = std::round(channel.offset / step), zero = std::round(out.zero * out.scale / step);
  // A channel whose weights (or gain) are all but 0 is its offset alone; in the output's own steps
  // it fits 32 bits.
  constexpr double kMostBias = 1 << 29;  // codes clamp long before
  const bool constant = !(std::fabs(bias) < kMostBias) || !(zero < kMostBias);
  if (constant) {
    step = out.scale, zero = out.zero;
    bias = std::clamp(std::round(channel.offset / step), -kMostBias, kMostBias);
  }
  int64_t sum = 0;
  for (int r = 0; r < R; ++r) {
    const size_t at = size_t(r) * K + k;
    const int code = constant ? 0 : int(weight_code(w[at], channel.weight_unit));
    q.weights[at] = int8_t(channel.gain < 0 ? -code : code);
    sum += q.weights[at];
  }
  bias += zero - double(in.zero * sum);  // codes x stand for x - zero
  constexpr double kMost = std::numeric_limits<int32_t>::max();
  if (!(std::fabs(bias) + double(R) * kWeightMax * kCodeMax < kMost))
    throw Error("layer " + l.name + ": a channel's bias leaves 32 bits");
  q.bias[k] = int32_t(bias);
  // Below the least factor every code is 0; above the most every code but 0 is kCodeMax already.
  constexpr double kLeastFactor = 0x1p-32, kMostFactor = 0x1p28;
  const double factor = std::max(step / out.scale, kLeastFactor);
  const Multiplier r = multiplier(l.has_norm() ? std::min(factor, kMostFactor) : factor);
  q.m[k] = r.m, q.shift[k] = r.shift;
  q.mean[k] = finite(channel.mean / step + zero);
  q.variance[k] = finite(channel.variance / (step * step));
}

void quantize_weights(Net& net, int i, Codes in, Codes out, QuantLayer& q) {
  const Layer& l = net.layers[i];
  const int K = l.output.c;
  const float* w = net.weight(i);
  q.weights.resize(l.weights());
  q.mean.resize(K), q.variance.resize(K);
  const std::vector<float> units = weight_units(l.rows(), K, w);
  for (int k = 0; k < K; ++k) {
    const size_t at = net.channel_at[i] + k;
    Channel channel{1, net.beta(i)[k], units[k], 0, 0};
    if (l.has_norm()) {
      channel.gain = net.gamma(i)[k] / std::sqrt(net.running_variance[at] + kEpsilon);
      channel.offset = net.beta(i)[k] - channel.gain * net.running_mean[at];
      channel.mean = net.beta(i)[k];  // batch norm leaves this mean
      channel.variance = channel.gain * channel.gain * net.running_variance[at];
    }
    quantize_channel(l, w, k, channel, in, out, q);
  }
  if (!l.has_norm()) q.mean.clear(), q.variance.clear();
}

// gain, offset: [K], of the sums.
void quantize_add(int K, const float* gain, const float* offset, Codes a, Codes b, Codes out,
                  QuantLayer& q) {
  const double unit = sum_unit(a.scale, b.scale);
  const int32_t fa = sum_factor(a.scale, unit), fb = sum_factor(b.scale, unit);
  q.factors.assign(size_t(K), fa), q.factors.resize(size_t(2 * K), fb);
  const double bound = bias_headroom(q, K)[0];
  for (int k = 0; k < K; ++k) {
    constexpr double kLeastGain = 1.0 / 64;  // factors are not negative, and biases fit 32 bits
    const double step = unit * std::max(double(gain[k]), kLeastGain);
    const Multiplier r = multiplier(step / out.scale);
    const double zero = std::round(out.zero * out.scale / step);
    const double bias = std::round(offset[k] / step) + zero - a.zero * fa - b.zero * fb;
    q.bias[k] = int32_t(std::clamp(bias, -bound, bound));
    q.m[k] = r.m, q.shift[k] = r.shift;
  }
}

}  // namespace

Model quantize(Net& net, std::vector<std::string> classes) {
  Model model{
      net.name, net.layers, std::vector<QuantLayer>(net.layers.size()), {}, std::move(classes)};
  const auto codes = [&](int row) -> Codes {
    const double scale = row == kPicture ? 1.0 / kPixelUnit : model.quant[size_t(row)].scale;
    return {scale, zero_point(net.layers, row)};
  };
  for (size_t i = 0; i < net.layers.size(); ++i) {
    const Layer& l = net.layers[i];
    if (!l.has_sums()) continue;
    CHECK(l.is_logits() || net.scale[i] > 0);
    const size_t K = size_t(l.output.c);
    QuantLayer& q = model.quant[i];
    q.scale = l.is_logits() ? kLogitStep : net.scale[i];
    q.bias.resize(K), q.m.resize(K), q.shift.resize(K);
    const Codes in = codes(l.reads.front().from), out = codes(int(i));
    if (l.kind == Kind::add)
      quantize_add(int(K), net.gamma(int(i)), net.beta(int(i)), in, codes(l.reads[1].from), out, q);
    else
      quantize_weights(net, int(i), in, out, q);
  }
  return model;
}

}  // namespace tri
