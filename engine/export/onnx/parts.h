// What both kinds of ONNX files have in common: weights in ONNX's order, exact integer arithmetic
// on 64 bits, the logits and what follows them.
#pragma once

#include <string>
#include <vector>

#include "engine/export/onnx/graph.h"
#include "engine/integer/model.h"

namespace tri {

constexpr int64_t kOnnxOpset = 13;

// What the names of a row's tensors begin with. Only rows with sums have names of their own.
std::string onnx_name(const std::vector<Layer>& layers, size_t row);

// Weights [rows][K] of a conv or a depthwise, as ONNX has them: [K][C / groups][kernel][kernel].
std::vector<int8_t> onnx_weights(const Layer& layer, const std::vector<int8_t>& weights);
OnnxGraph::Shape onnx_weight_shape(const Layer& layer);
// kernel_shape, strides, pads; group, where `of_channels` says that the node can have it.
std::vector<OnnxGraph::Attribute> onnx_window(const Layer& layer, bool group);

// [K] -> what broadcasts against [n][K][H][W].
template <class T>
std::string channels(OnnxGraph& g, const std::string& name, const std::vector<T>& values) {
  return g.constant(name, {int64_t(values.size()), 1, 1}, values);
}

// x (int64), which may be negative, divided by `divisor` (int64, above 0) and rounded down.
std::string floor_divide(OnnxGraph& g, const std::string& name, const std::string& x,
                         const std::string& divisor);

// x: int32 accumulators of the logits without their bias [n][K][H][W] -> int32 in steps of
// kLogitStep: rescale() of engine/arithmetic/quant.h. bias: [K], what makes A of them.
std::string rescale_logits(OnnxGraph& g, const std::string& name, const std::string& x,
                           const QuantLayer& q, const std::vector<int32_t>& bias);

// x: integers [n][C][H][W] -> int64 [n][C][1][1]: the mean, halves up (engine/integer/pool.h).
std::string average_integers(OnnxGraph& g, const std::string& name, const Layer& layer,
                             const std::string& x);

// x: int32 [n][classes][1][1] -> the outputs `logits` and `scores`.
void finish_graph(OnnxGraph& g, const Model& model, const std::string& x, int64_t batch);

// [K]: what a row's sums of weight, or factor, times (x - zero point) lack of its accumulators.
std::vector<int32_t> centered_bias(const Model& model, size_t row);

}  // namespace tri
