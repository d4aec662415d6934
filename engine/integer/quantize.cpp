#include "engine/integer/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "data/batch.h"
#include "engine/float/batchnorm.h"
#include "data/base/check.h"
#include "data/base/error.h"
#include "engine/arithmetic/quant.h"

namespace tri {
namespace {

// One output channel: its weights' codes are scaled by `unit`, the accumulator's step by `step`.
struct Channel {
  double gain, offset;    // the layer computes gain * (sum of w * a) + offset
  float weight_unit;      // w = weight_unit * q
  double mean, variance;  // of what the layer computes, before ReLU
};

// Fills in channel k. input_scale: of the codes that come in; output_scale: of those that go out.
void quantize_channel(const Layer& l, const float* w, int k, const Channel& channel,
                      double input_scale, double output_scale, int zero, QuantLayer& q) {
  const int K = l.output.c, R = l.rows();
  double step = input_scale * channel.weight_unit * std::fabs(channel.gain);
  double bias = std::round(channel.offset / step);
  // A channel whose weights (or gain) are all but 0 is its offset alone; in the output's own steps
  // it fits 32 bits.
  constexpr double kMost = 1 << 29;
  const bool constant = !(std::fabs(bias) < kMost);
  if (constant) {
    step = output_scale;
    bias = std::clamp(std::round(channel.offset / step), -kMost, kMost);  // codes clamp long before
  }
  int64_t sum = 0;
  for (int r = 0; r < R; ++r) {
    const size_t at = size_t(r) * K + k;
    const int code = constant ? 0 : int(weight_code(w[at], channel.weight_unit));
    q.weights[at] = int8_t(channel.gain < 0 ? -code : code);
    sum += q.weights[at];
  }
  bias -= double(zero * sum);  // codes x stand for x - zero
  if (!(std::fabs(bias) < double(std::numeric_limits<int32_t>::max())))
    throw Error("layer " + l.name + ", channel " + std::to_string(k) +
                " has no finite bias: the training diverged, try a lower rate");
  q.bias[k] = int32_t(bias);
  // Below the least factor every code is 0; above the most every code but 0 is kCodeMax already.
  constexpr double kLeastFactor = 0x1p-32, kMostFactor = 0x1p28;
  const double factor = std::max(step / output_scale, kLeastFactor);
  const Multiplier r = multiplier(l.activated ? std::min(factor, kMostFactor) : factor);
  q.m[k] = r.m, q.shift[k] = r.shift;
  const auto finite = [](double x) {
    constexpr double kMax = std::numeric_limits<float>::max();
    return float(std::clamp(x, -kMax, kMax));
  };
  q.mean[k] = finite(channel.mean / step);
  q.variance[k] = finite(channel.variance / (step * step));
}

}  // namespace

Model quantize(Net& net) {
  Model model{net.name, net.layers, std::vector<QuantLayer>(net.layers.size()), {}};
  double input_scale = 1.0 / kPixelUnit;
  int zero = kPixelZero;
  for (size_t i = 0; i < net.layers.size(); ++i) {
    const Layer& l = net.layers[i];
    if (!l.has_weights()) continue;
    CHECK(!l.activated || net.scale[i] > 0);
    const int layer = int(i), K = l.output.c;
    const float* w = net.weight(layer);
    QuantLayer& q = model.quant[i];
    q.scale = l.activated ? net.scale[i] : kLogitStep;
    q.weights.resize(l.weights());
    q.bias.resize(K), q.m.resize(K), q.shift.resize(K), q.mean.resize(K), q.variance.resize(K);
    const std::vector<float> units = weight_units(l.rows(), K, w);
    for (int k = 0; k < K; ++k) {
      const size_t at = net.channel_at[i] + k;
      Channel channel{1, net.beta(layer)[k], units[k], 0, 0};
      if (l.activated) {
        channel.gain = net.gamma(layer)[k] / std::sqrt(net.running_variance[at] + kEpsilon);
        channel.offset = net.beta(layer)[k] - channel.gain * net.running_mean[at];
        channel.mean = net.beta(layer)[k];  // batch norm leaves this mean
        channel.variance = channel.gain * channel.gain * net.running_variance[at];
      }
      quantize_channel(l, w, k, channel, input_scale, q.scale, zero, q);
    }
    if (!l.activated) q.mean.clear(), q.variance.clear();
    input_scale = q.scale;
    zero = 0;
  }
  return model;
}

}  // namespace tri
