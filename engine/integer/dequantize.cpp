#include "engine/integer/dequantize.h"

#include <algorithm>
#include <cmath>

#include "data/base/file.h"
#include "data/batch.h"
#include "engine/arithmetic/quant.h"
#include "engine/float/batchnorm.h"

namespace tri {
namespace {

constexpr double kWeightNorm = 1.15;  // of a 3x3 channel in a new network: sqrt(1 + 1/3)

// Channel k of layer i, which reads codes of such a scale and zero point. The names are those of
// engine/arithmetic/quant.h: the accumulator A is worth `step` before the ReLU, the weights' codes
// are worth `unit`.
void dequantize_channel(const QuantLayer& q, int i, int k, double input_scale, int zero, Net& net) {
  const Layer& l = net.layers[i];
  const int K = l.output.c, R = l.rows();
  double sum = 0, squares = 0;
  for (int r = 0; r < R; ++r) {
    const double code = q.weights[size_t(r) * K + k];
    sum += code, squares += code * code;
  }
  const double step = q.scale * Multiplier{q.m[k], q.shift[k]}.value();
  // What A is where a is 0, and what is left of it where all weights are 0.
  const double output_zero = l.is_linear() ? kSignedZero * double(q.scale) / step : 0;
  const double bias = q.bias[k] + zero * sum - output_zero;
  const double unit =
      l.has_norm() ? kWeightNorm / std::sqrt(std::max(squares, 1.0)) : step / input_scale;
  for (int r = 0; r < R; ++r)
    net.weight(i)[size_t(r) * K + k] = float(unit * q.weights[size_t(r) * K + k]);
  if (!l.has_norm()) {
    net.beta(i)[k] = float(bias * step);
    return;
  }
  const double y = unit * input_scale;  // what the convolution's result gains when A gains 1
  const double variance = y * y * q.variance[k];
  net.running_mean[net.channel_at[i] + k] = float(y * (q.mean[k] - output_zero - bias));
  net.running_variance[net.channel_at[i] + k] = float(variance);
  net.gamma(i)[k] = float(step / y * std::sqrt(variance + kEpsilon));
  net.beta(i)[k] = float(step * (q.mean[k] - output_zero));
}

}  // namespace

Net dequantize(const Model& model) {
  if (!model.staircases.empty()) throw Error("a student has no gradients: give its teacher (.q8)");
  Net net(model.net, model.layers, Rng(0));
  net.quantized = true;
  for (int i = 0; i < int(model.layers.size()); ++i) {
    const Layer& l = model.layers[i];
    if (!l.has_sums()) continue;
    const QuantLayer& q = model.quant[i];
    if (!l.is_logits()) net.scale[i] = q.scale;
    if (l.kind == Kind::add) continue;
    if (l.has_norm() && q.mean.empty())
      throw Error("layer " + l.name +
                  " of the teacher has no statistics: an older program wrote it");
    const int from = l.reads.front().from, zero = zero_point(model.layers, from);
    const double input_scale =
        from == kPicture ? 1.0 / kPixelUnit : double(model.quant[size_t(from)].scale);
    for (int k = 0; k < l.output.c; ++k) dequantize_channel(q, i, k, input_scale, zero, net);
  }
  return net;
}

}  // namespace tri
