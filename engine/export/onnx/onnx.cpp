#include "engine/export/onnx/onnx.h"

#include <algorithm>
#include <limits>

#include "engine/arithmetic/quant.h"
#include "engine/export/onnx/graph.h"
#include "engine/export/onnx/parts.h"
#include "engine/integer/int_net.h"

namespace tri {
namespace {

using onnx::TensorProto;

// Weights are written as uint8 around this. Where a CPU has no VNNI, some programs add products of
// uint8 with int8 in pairs that saturate at 16 bits; they widen products of uint8 with uint8.
constexpr int kWeightZero = 128;

class OnnxWriter {
 public:
  explicit OnnxWriter(const Model& model)
      : model_(model), staircases_(model, all_taps(model)), graph_(model.net, kOnnxOpset) {}

  OnnxGraph& run() {
    const Shape in = model_.layers.front().in;
    graph_.input("pictures", TensorProto::UINT8, {in.c, in.h, in.w});
    for (size_t i = 0; i < model_.layers.size(); ++i) {
      name_ = onnx_name(model_.layers, i);
      values_.push_back(row(i));
    }
    finish_graph(graph_, model_, values_.back(), 0);
    return graph_;
  }

 private:
  // A teacher is a student whose layers all keep their codes.
  static StaircaseSet all_taps(const Model& model) {
    return model.staircases.empty() ? StaircaseSet(size_t(model.taps())) : model.staircases;
  }

  const std::string& value(int row) const {
    static const std::string pictures = "pictures";
    return row == kPicture ? pictures : values_[size_t(row)];
  }

  // Returns the row's 8-bit values, or from the logits on 32-bit integers: [n][C][H][W].
  std::string row(size_t i) {
    const Layer& l = model_.layers[i];
    const std::string& x = value(l.sources.front());
    if (l.kind == Kind::dropout) return x;
    if (l.kind == Kind::max_pool)
      return graph_.node("MaxPool", name_ + "codes", {x}, onnx_window(l, false));
    if (l.kind == Kind::avg_pool) return average(l, x);
    const std::string sums = l.kind == Kind::add ? add(i) : convolve(i);
    const QuantLayer& q = model_.quant[i];
    // An addition's terms are not centered.
    const std::vector<int32_t> bias = l.kind == Kind::add ? q.bias : centered_bias(model_, i);
    if (l.is_logits()) {
      after_logits_ = true;
      return rescale_logits(graph_, name_, sums, q, bias);
    }
    if (l.tap >= 0 && staircases_.f[size_t(l.tap)]) return staircase(size_t(l.tap), sums, bias);
    return requantize(sums, q, bias);
  }

  std::string average(const Layer& l, const std::string& x) {
    const std::string mean = average_integers(graph_, name_, l, x);
    return graph_.cast(name_ + "codes", mean,
                       after_logits_ ? TensorProto::INT32 : TensorProto::UINT8);
  }

  // The sum of q * (x - zero point); outside the map is the zero point.
  std::string convolve(size_t i) {
    const Layer& l = model_.layers[i];
    std::vector<uint8_t> weights;
    for (const int8_t w : onnx_weights(l, model_.quant[i].weights))
      weights.push_back(uint8_t(w + kWeightZero));
    const auto zero = uint8_t(zero_point(model_.layers, l.reads.front().from));
    return graph_.node("ConvInteger", name_ + "sums",
                       {value(l.sources.front()),
                        graph_.constant(name_ + "weights", onnx_weight_shape(l), weights),
                        graph_.constant<uint8_t>(name_ + "zero", {}, {zero}),
                        graph_.constant<uint8_t>(name_ + "weight_zero", {}, {kWeightZero})},
                       onnx_window(l, true));
  }

  std::string add(size_t i) {
    const Layer& l = model_.layers[i];
    const std::vector<int32_t>& factors = model_.quant[i].factors;
    const auto K = l.output.c;
    std::vector<std::string> products;
    for (int side = 0; side < 2; ++side) {
      const std::string name = name_ + (side ? "second" : "first");
      const std::string x =
          graph_.cast(name + "_x", value(l.sources[size_t(side)]), TensorProto::INT32);
      const std::vector<int32_t> factor(factors.begin() + side * K,
                                        factors.begin() + (side + 1) * K);
      products.push_back(graph_.node("Mul", name, {x, channels(graph_, name + "_factor", factor)}));
    }
    return graph_.node("Add", name_ + "sums", products);
  }

  // The comparisons are on the sums, with the bias in their thresholds.
  std::string staircase(size_t tap, const std::string& sums, const std::vector<int32_t>& bias) {
    const TriSegment& f = *staircases_.f[tap];
    const auto above = [&](const char* name, const std::vector<int32_t>& t) {
      std::vector<int32_t> limits;
      for (size_t k = 0; k < t.size(); ++k) limits.push_back(below_bias(t[k], bias[k]));
      return graph_.node("Greater", name_ + "above_" + name,
                         {sums, channels(graph_, name_ + name, limits)});
    };
    const auto level = [&](const char* name, uint8_t v) {
      return graph_.constant<uint8_t>(name_ + name, {}, {v});
    };
    const std::string low =
        graph_.node("Where", name_ + "low",
                    {above("t1", staircases_.t1[tap]), level("v1", f.v1), level("v0", 0)});
    return graph_.node("Where", name_ + "codes",
                       {above("t2", staircases_.t2[tap]), level("v2", f.v2), low});
  }

  // t - bias, kept within 32 bits: no sum is beyond what they hold.
  static int32_t below_bias(int32_t t, int32_t bias) {
    using Limits = std::numeric_limits<int32_t>;
    return int32_t(std::clamp<int64_t>(int64_t(t) - bias, Limits::min(), Limits::max()));
  }

  // tri::requantize() on 64 bits, step by step.
  std::string requantize(const std::string& sums, const QuantLayer& q,
                         const std::vector<int32_t>& bias) {
    std::vector<int64_t> m(q.m.begin(), q.m.end()), half, unit;
    for (const int32_t shift : q.shift)
      unit.push_back(int64_t(1) << shift), half.push_back(int64_t(1) << (shift - 1));
    const auto step = [&](const char* op, const char* name, const std::string& x,
                          const std::string& y) {
      return graph_.node(op, name_ + name, {x, y});
    };
    const std::string a = step("Add", "a", sums, channels(graph_, name_ + "bias", bias));
    const std::string relu = step("Max", "relu", a, graph_.constant<int32_t>(name_ + "0", {}, {0}));
    const std::string wide = graph_.cast(name_ + "wide", relu, TensorProto::INT64);
    const std::string product = step("Mul", "product", wide, channels(graph_, name_ + "m", m));
    const std::string sum = step("Add", "sum", product, channels(graph_, name_ + "half", half));
    const std::string code = step("Div", "code", sum, channels(graph_, name_ + "unit", unit));
    const std::string most = graph_.constant<int64_t>(name_ + "most", {}, {kCodeMax});
    return graph_.cast(name_ + "codes", step("Min", "clamped", code, most), TensorProto::UINT8);
  }

  const Model& model_;
  Staircases staircases_;
  OnnxGraph graph_;
  std::string name_;                 // begins the names of all that the row at hand adds
  std::vector<std::string> values_;  // of the rows so far
  bool after_logits_ = false;
};

}  // namespace

Told write_onnx(const Model& model, const std::filesystem::path& folder) {
  OnnxWriter(model).run().save(folder / (model.net + ".onnx"));
  return {};
}

}  // namespace tri
