// A convolution as the benchmark sets it: a layer, its weights and what comes in.
#pragma once

#include <string>
#include <vector>

#include "engine/integer/model.h"
#include "engine/kernels/conv/int_conv.h"

namespace tri {

struct Problem {
  Layer layer;
  ConvKind kind;     // of the input: 8-bit codes, or codes 0, 1, 2 of a staircase
  int n;             // pictures
  double zeros = 0;  // share of the input
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  Buffer<uint8_t> input;  // [n][in]

  Problem(const Layer& l, ConvKind k, int pictures) : layer(l), kind(k), n(pictures) {}
  size_t outputs() const { return size_t(n) * layer.output.size(); }
  double macs() const { return double(outputs()) * layer.rows(); }
  Buffer<uint8_t> values() const;  // what the codes stand for
};

// oneDNN without VNNI adds two products in 16 bits, which saturate: 2 * 120 * 127 still fits. The
// benchmark's codes therefore stop at kLargest, so that results can be compared; the speed of no
// kernel depends on them.
constexpr uint8_t kV1 = 50, kV2 = 120, kLargest = 120;

// Random weights and codes for every layer of a net that has weights. lut: only layers whose input
// has three levels, codes with a share of zeros and, as students have it, a quarter of the rest v2.
std::vector<Problem> random_problems(const std::vector<Layer>& layers, ConvKind kind, double zeros,
                                     int n);

// The weights of a model; lut: the codes its staircases make of n pictures.
std::vector<Problem> real_problems(const Model& model, ConvKind kind, const uint8_t* pixels, int n);

}  // namespace tri
