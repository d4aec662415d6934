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

// The codes that go in: a = scale * (x - zero).
struct Codes {
  double scale;
  int zero;
};

// Channel k of layer i. The names are those of engine/arithmetic/quant.h: the accumulator A is
// worth `step` before the ReLU, the weights' codes are worth `unit`.
void dequantize_channel(const QuantLayer& q, int i, int k, Codes in, Net& net) {
  const Layer& l = net.layers[i];
  const int K = l.output.c, R = l.rows();
  double sum = 0, squares = 0;
  for (int r = 0; r < R; ++r) {
    const double code = q.weights[size_t(r) * K + k];
    sum += code, squares += code * code;
  }
  const double step =
      (l.is_logits() ? kLogitStep : q.scale) * Multiplier{q.m[k], q.shift[k]}.value();
  // What A is where a is 0, and what is left of it where all weights are 0.
  const double output_zero = l.is_linear() ? kSignedZero * double(q.scale) / step : 0;
  const double bias = q.bias[k] + in.zero * sum - output_zero;
  const double unit =
      l.has_norm() ? kWeightNorm / std::sqrt(std::max(squares, 1.0)) : step / in.scale;
  for (int r = 0; r < R; ++r)
    net.weight(i)[size_t(r) * K + k] = float(unit * q.weights[size_t(r) * K + k]);
  if (!l.has_norm()) {
    net.beta(i)[k] = float(bias * step);
    return;
  }
  const double y = unit * in.scale;  // what the convolution's result gains when A gains 1
  const double variance = y * y * q.variance[k];
  net.running_mean[net.channel_at[i] + k] = float(y * (q.mean[k] - output_zero - bias));
  net.running_variance[net.channel_at[i] + k] = float(variance);
  net.gamma(i)[k] = float(step / y * std::sqrt(variance + kEpsilon));
  net.beta(i)[k] = float(step * (q.mean[k] - output_zero));
}

// Channel k of an addition.
void dequantize_sum(const QuantLayer& q, int i, int k, Codes a, Codes b, Net& net) {
  const Layer& l = net.layers[i];
  const size_t K = size_t(l.output.c);
  const double step = q.scale * Multiplier{q.m[k], q.shift[k]}.value();
  const double output_zero = l.is_linear() ? kSignedZero * double(q.scale) / step : 0;
  const double unit = sum_unit(a.scale, b.scale);
  if (q.factors[size_t(k)] != sum_factor(a.scale, unit) ||
      q.factors[K + size_t(k)] != sum_factor(b.scale, unit))
    throw Error("layer " + l.name + ": its factors are not those of the scales that it adds");
  net.gamma(i)[k] = float(step / unit);
  net.beta(i)[k] = float(step * (q.bias[k] - output_zero + double(a.zero) * q.factors[size_t(k)] +
                                 double(b.zero) * q.factors[K + size_t(k)]));
}

}  // namespace

Net dequantize(const Model& model) {
  Net net(model.net, model.layers, Rng(0));
  net.quantized = true;
  net.staircases = model.staircases;
  for (int i = 0; i < int(model.layers.size()); ++i) {
    const Layer& l = model.layers[i];
    if (!l.has_sums()) continue;
    const QuantLayer& q = model.quant[i];
    if (!l.is_logits()) net.scale[i] = q.scale;
    const auto codes = [&](const Read& read) -> Codes {
      return {
          read.from == kPicture ? 1.0 / kPixelUnit : double(model.quant[size_t(read.from)].scale),
          zero_point(model.layers, read.from)};
    };
    const Codes in = codes(l.reads.front());
    if (l.kind == Kind::add) {
      for (int k = 0; k < l.output.c; ++k) dequantize_sum(q, i, k, in, codes(l.reads[1]), net);
      continue;
    }
    if (l.has_norm() && q.mean.empty())
      throw Error("layer " + l.name +
                  " of the teacher has no statistics: an older program wrote it");
    for (int k = 0; k < l.output.c; ++k) dequantize_channel(q, i, k, in, net);
  }
  return net;
}

}  // namespace tri
