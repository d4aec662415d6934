// What a layer is, and the shape it makes. A network is a list of these rows; input shapes and
// channels follow from the row above. How a layer is computed is left to the ops.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/tensor.h"

namespace tri {

// conv: kernel x kernel, all input channels -> `out` channels. linear is a conv whose kernel is the
// whole map, and stays one. depthwise: one kernel x kernel filter a channel. dropout: training
// only.
enum class Kind : uint8_t { conv, depthwise, max_pool, avg_pool, dropout };

struct Layer {
  Kind kind = Kind::conv;
  std::string name;  // as in the literature: conv3_1, dw4, pool2, fc
  int out = 0;       // output channels (0: as many as come in)
  int kernel = 1;    // 0: the whole map
  int stride = 1;
  int pad = 0;
  bool activated = true;  // conv and depthwise: followed by batch norm and ReLU, and a tap
  float rate = 0;         // dropout

  // Filled in by resolve().
  Shape in, output;

  bool has_weights() const { return kind == Kind::conv || kind == Kind::depthwise; }
  // Weights are a matrix [rows()][output.c], the output channel last (HWIO; depthwise: HWC).
  int rows() const { return kernel * kernel * (kind == Kind::conv ? in.c : 1); }
  size_t weights() const { return has_weights() ? size_t(rows()) * size_t(output.c) : 0; }
};

// The rows of the tables in nets/.
Layer conv3(std::string name, int out, int stride = 1);  // 3x3, pad 1
Layer conv(std::string name, int out, int kernel, int stride, int pad);
Layer pw(std::string name, int out);                                // 1x1
Layer dw(std::string name, int stride);                             // depthwise 3x3, pad 1
Layer pool(std::string name, int kernel, int stride, int pad = 0);  // max
Layer average(std::string name);                                    // over the whole map
Layer linear(std::string name, int out);
Layer drop(float rate);
Layer logits(Layer layer);  // the same without batch norm, ReLU and tap

// Fills in `in`, `output` and kernels of 0, from the input's shape on. CHECKs that shapes fit.
void resolve(std::vector<Layer>& layers, Shape input);

// A number that differs where two resolved tables differ: files carry it.
uint64_t hash(const std::vector<Layer>& layers);

}  // namespace tri
