#include "engine/export/onnx/parts.h"

#include <limits>

#include "data/base/json.h"

namespace tri {

using onnx::TensorProto;

std::string onnx_name(const std::vector<Layer>& layers, size_t row) {
  const std::string& name = layers[row].name;
  return (layers[row].has_sums() ? name : name + "#" + std::to_string(row)) + "/";
}

std::vector<int8_t> onnx_weights(const Layer& layer, const std::vector<int8_t>& weights) {
  const size_t K = size_t(layer.output.c), C = layer.kind == Kind::conv ? size_t(layer.in.c) : 1;
  const size_t window = size_t(layer.kernel) * size_t(layer.kernel);
  std::vector<int8_t> turned(weights.size());
  for (size_t at = 0; at < window; ++at)
    for (size_t c = 0; c < C; ++c)
      for (size_t k = 0; k < K; ++k)
        turned[(k * C + c) * window + at] = weights[(at * C + c) * K + k];
  return turned;
}

OnnxGraph::Shape onnx_weight_shape(const Layer& layer) {
  const int C = layer.kind == Kind::conv ? layer.in.c : 1;
  return {layer.output.c, C, layer.kernel, layer.kernel};
}

std::vector<OnnxGraph::Attribute> onnx_window(const Layer& layer, bool group) {
  const int64_t kernel = layer.kernel, stride = layer.stride, pad = layer.pad;
  std::vector<OnnxGraph::Attribute> window = {
      {"kernel_shape", std::vector<int64_t>{kernel, kernel}},
      {"strides", std::vector<int64_t>{stride, stride}},
      {"pads", std::vector<int64_t>{pad, pad, pad, pad}}};
  if (group) window.push_back({"group", int64_t(layer.kind == Kind::depthwise ? layer.in.c : 1)});
  return window;
}

std::string floor_divide(OnnxGraph& g, const std::string& name, const std::string& x,
                         const std::string& divisor) {
  // Div rounds towards 0; the remainder of Mod has the divisor's sign.
  const std::string rest = g.node("Mod", name + "_rest", {x, divisor});
  return g.node("Div", name, {g.node("Sub", name + "_whole", {x, rest}), divisor});
}

std::string rescale_logits(OnnxGraph& g, const std::string& name, const std::string& x,
                           const QuantLayer& q, const std::vector<int32_t>& bias) {
  std::vector<int64_t> m(q.m.begin(), q.m.end()), half, unit;
  for (const int32_t shift : q.shift)
    unit.push_back(int64_t(1) << shift), half.push_back(int64_t(1) << (shift - 1));
  const std::string a = g.node("Add", name + "a", {x, channels(g, name + "bias", bias)});
  const std::string wide = g.cast(name + "wide", a, TensorProto::INT64);
  const std::string product = g.node("Mul", name + "product", {wide, channels(g, name + "m", m)});
  const std::string sum = g.node("Add", name + "sum", {product, channels(g, name + "half", half)});
  const std::string rounded =
      floor_divide(g, name + "rounded", sum, channels(g, name + "unit", unit));
  using Limits = std::numeric_limits<int32_t>;
  const std::string clipped =
      g.node("Clip", name + "clipped",
             {rounded, g.constant<int64_t>(name + "least", {}, {Limits::min()}),
              g.constant<int64_t>(name + "most", {}, {Limits::max()})});
  return g.cast(name + "logits", clipped, TensorProto::INT32);
}

std::string average_integers(OnnxGraph& g, const std::string& name, const Layer& layer,
                             const std::string& x) {
  const int64_t count = int64_t(layer.in.h) * layer.in.w;
  const auto number = [&](const char* what, int64_t value) {
    return g.constant<int64_t>(name + what, {}, {value});
  };
  const std::string wide = g.cast(name + "wide", x, TensorProto::INT64);
  const std::string sum =
      g.node("ReduceSum", name + "sum", {wide, g.constant<int64_t>(name + "axes", {2}, {2, 3})});
  const std::string twice = g.node("Mul", name + "twice", {sum, number("two", 2)});
  const std::string half = g.node("Add", name + "half_up", {twice, number("count", count)});
  return floor_divide(g, name + "mean", half, number("count2", 2 * count));
}

void finish_graph(OnnxGraph& g, const Model& model, const std::string& x, int64_t batch) {
  const int64_t classes = model.layers.back().output.c;
  g.node("Flatten", "logits", {x}, {{"axis", int64_t(1)}});
  const std::string real = g.cast("logits_float", "logits", TensorProto::FLOAT);
  const std::string step = g.constant<float>("logit_step", {}, {kLogitStep});
  g.node("Softmax", "scores", {g.node("Mul", "logits_real", {real, step})}, {{"axis", int64_t(1)}});
  g.output("logits", TensorProto::INT32, {classes}, batch);
  g.output("scores", TensorProto::FLOAT, {classes}, batch);
  std::string names = dump(Json(model.classes), -1);
  names.pop_back();  // its newline
  g.metadata("classes", names);
  g.metadata("kind", model.staircases.empty() ? "teacher" : "student");
}

std::vector<int32_t> centered_bias(const Model& model, size_t row) {
  const Layer& l = model.layers[row];
  const QuantLayer& q = model.quant[row];
  const size_t K = size_t(l.output.c);
  const auto zero = [&](size_t input) { return zero_point(model.layers, l.reads[input].from); };
  std::vector<int32_t> bias = q.bias;  // fits: it is a sum as well, where all x are their zero
  for (size_t at = 0; at < q.weights.size(); ++at) bias[at % K] += zero(0) * q.weights[at];
  for (size_t at = 0; at < q.factors.size(); ++at) bias[at % K] += zero(at / K) * q.factors[at];
  return bias;
}

}  // namespace tri
