// A quantized network as numbers: what `quantize` makes of a trained one, what a file holds
// (engine/integer/model_file.h), and what the integer engine and the exporters read. Immutable once
// made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/arithmetic/trisegment.h"
#include "engine/graph/layer.h"

namespace tri {

// Logits are 32-bit integers in steps of this.
constexpr float kLogitStep = 1.0f / 1024;

// The integers of one row with sums; K = layer.output.c. Arithmetic: engine/arithmetic/quant.h.
struct QuantLayer {
  std::vector<int8_t> weights;    // [rows][K], |q| <= 127; none of an addition
  std::vector<int32_t> factors;   // of an addition: [2][K], 0..kFactorMax
  std::vector<int32_t> bias;      // [K], in accumulator steps; all zero points are in it
  std::vector<int32_t> m, shift;  // [K], accumulator -> code (or -> kLogitStep, for the logits)
  float scale = 1;                // of the output's codes: a = scale * (x - its zero point)
  // [K], of the accumulator (bias included, in its own steps) over the training pictures, as batch
  // norm's running statistics tell them: what a student can be matched to, and pictures be made
  // from. Empty where there is no batch norm.
  std::vector<float> mean, variance;
};

// For weights of channel k that make its accumulators `unit` times what they were: the bias, in the
// new steps and kept where no accumulator of a layer of so many rows leaves 32 bits; the factor of
// requantization (Error where multiplier() has one); and the statistics move along.
void rescale_channel(QuantLayer& q, size_t k, int rows, double unit, double bias, double factor);

// |bias| up to which no accumulator of the row's channels can leave 32 bits: [K].
std::vector<double> bias_headroom(const QuantLayer& q, int K);

// What the codes of a row call 0; kPicture: what the picture's do. Pools hand it on.
int zero_point(const std::vector<Layer>& layers, int row);

// staircases: empty for a teacher; for a student one entry a tap, nullopt where the layer keeps its
// 8-bit activation. classes: their names, one a logit. attention: names of taps whose attention
// maps a student's are compared with.
struct Model {
  std::string net;
  std::vector<Layer> layers;      // resolved
  std::vector<QuantLayer> quant;  // parallel to layers; empty members where there are no sums
  std::vector<std::optional<TriSegment>> staircases;
  std::vector<std::string> classes = {}, attention = {};
  uint64_t teacher = 0;  // of a student: checksum() of its teacher; 0: not known

  int taps() const;
  std::vector<int> tap_rows() const;        // tap -> index into layers
  int tap(const std::string& layer) const;  // by its layer's name; -1: there is none
};

}  // namespace tri
