#include "engine/export/onnx/qonnx.h"

#include <algorithm>
#include <cmath>

#include "engine/arithmetic/quant.h"
#include "engine/export/onnx/graph.h"
#include "engine/export/onnx/parts.h"
#include "engine/export/onnx/sum_range.h"

namespace tri {
namespace {

using onnx::TensorProto;

constexpr const char* kDomain = "qonnx.custom_op.general";
constexpr int64_t kFloatExact = int64_t(1) << 24;

std::vector<float> floats(const auto& integers) { return {integers.begin(), integers.end()}; }

class QonnxWriter {
 public:
  explicit QonnxWriter(const Model& model) : model_(model), graph_(model.net, kOnnxOpset) {
    graph_.import(kDomain, 1);
  }

  OnnxGraph& run() {
    const Shape in = model_.layers.front().in;
    graph_.input("pictures", TensorProto::FLOAT, {in.c, in.h, in.w}, 1);
    annotate("pictures", "UINT8");
    const std::string zero =
        graph_.constant<float>("zero", {}, {float(zero_point(model_.layers, kPicture))});
    centered_ = graph_.node("Sub", "pictures/centered", {"pictures", zero});
    for (size_t i = 0; i < model_.layers.size(); ++i) {
      name_ = onnx_name(model_.layers, i);
      values_.push_back(row(i));
    }
    finish_graph(graph_, model_, values_.back(), 1);
    return graph_;
  }

 private:
  const std::string& value(int row) const {
    return row == kPicture ? centered_ : values_[size_t(row)];
  }

  // FINN's name for the integers that a tensor of floats holds.
  void annotate(const std::string& tensor, const char* integers) {
    auto& annotation = *graph_.graph().add_quantization_annotation();
    annotation.set_tensor_name(tensor);
    auto& entry = *annotation.add_quant_parameter_tensor_names();
    entry.set_key("finn_datatype"), entry.set_value(integers);
  }

  // Returns the row's values, or from the logits on 32-bit integers: [1][C][H][W].
  std::string row(size_t i) {
    const Layer& l = model_.layers[i];
    const std::string& x = value(l.sources.front());
    if (l.kind == Kind::dropout) return x;
    if (l.kind == Kind::max_pool)
      return graph_.node("MaxPool", name_ + "values", {x}, onnx_window(l, false));
    if (l.kind == Kind::avg_pool) return average(i, x);
    const std::string sums = l.kind == Kind::add ? add(i) : convolve(i, x);
    const std::vector<int32_t> bias = centered_bias(model_, i);
    if (l.is_logits()) {
      after_logits_ = true;
      const std::string integers = graph_.cast(name_ + "integers", sums, TensorProto::INT32);
      return rescale_logits(graph_, name_, integers, model_.quant[i], bias);
    }
    if (l.tap >= 0 && !model_.staircases.empty() && model_.staircases[size_t(l.tap)])
      return staircase(i, *model_.staircases[size_t(l.tap)], sums, bias);
    return codes(i, sums, bias);
  }

  std::string convolve(size_t i, const std::string& x) {
    const Layer& l = model_.layers[i];
    const std::string weights = graph_.constant(name_ + "weights", onnx_weight_shape(l),
                                                floats(onnx_weights(l, model_.quant[i].weights)));
    annotate(weights, "INT8");
    return graph_.node("Conv", name_ + "sums", {x, weights}, onnx_window(l, true));
  }

  std::string add(size_t i) {
    const Layer& l = model_.layers[i];
    const auto factors = model_.quant[i].factors.begin();
    std::vector<std::string> products;
    for (int side = 0; side < 2; ++side) {
      const std::string name = name_ + (side ? "second" : "first");
      const std::vector<float> factor(factors + side * l.output.c,
                                      factors + (side + 1) * l.output.c);
      products.push_back(graph_.node(
          "Mul", name,
          {value(l.sources[size_t(side)]), channels(graph_, name + "_factor", factor)}));
    }
    return graph_.node("Add", name_ + "sums", products);
  }

  // thresholds: [K or 1][steps], on sums of these ranges; out: scale * (how many are reached) +
  // offset.
  struct Steps {
    std::vector<std::vector<int64_t>> thresholds;
    int scale = 1, offset = 0;
  };
  std::string multi_threshold(const std::string& name, const std::string& sums,
                              const std::vector<Range>& ranges, const Steps& steps) {
    std::vector<float> all;
    for (size_t k = 0; k < steps.thresholds.size(); ++k)
      for (const int64_t t : steps.thresholds[k])
        all.push_back(float(std::clamp(t, ranges[k].least, ranges[k].most + 1)));
    const auto K = int64_t(steps.thresholds.size());
    const std::string thresholds =
        graph_.constant(name + "_thresholds", {K, int64_t(all.size()) / K}, all);
    annotate(thresholds, "INT32");
    return graph_.node("MultiThreshold", name, {sums, thresholds},
                       {{"out_dtype", std::string(steps.offset < 0 ? "INT8" : "UINT8")},
                        {"out_scale", float(steps.scale)},
                        {"out_bias", float(steps.offset)},
                        {"data_layout", std::string("NCHW")}},
                       kDomain);
  }

  // The sums from which the code is above `code`, for each channel.
  std::vector<int64_t> above(size_t i, int code, const std::vector<int32_t>& bias) {
    const QuantLayer& q = model_.quant[i];
    std::vector<int64_t> sums;
    for (size_t k = 0; k < bias.size(); ++k)
      sums.push_back(int64_t(largest_accumulator(code, {q.m[k], q.shift[k]})) + 1 - bias[k]);
    return sums;
  }

  std::string codes(size_t i, const std::string& sums, const std::vector<int32_t>& bias) {
    Steps steps{.thresholds = std::vector<std::vector<int64_t>>(bias.size()),
                .offset = -zero_point(model_.layers, int(i))};
    for (int code = 0; code < kCodeMax; ++code) {
      const std::vector<int64_t> t = above(i, code, bias);
      for (size_t k = 0; k < t.size(); ++k) steps.thresholds[k].push_back(t[k]);
    }
    return multi_threshold(name_ + "values", sums, sum_ranges(model_, int(i)), steps);
  }

  std::string staircase(size_t i, const TriSegment& f, const std::string& sums,
                        const std::vector<int32_t>& bias) {
    const std::vector<Range> ranges = sum_ranges(model_, int(i));
    const std::vector<int64_t> t1 = above(i, f.t1, bias), t2 = above(i, f.t2, bias);
    Steps low{.thresholds = {}, .scale = f.v1}, high{.thresholds = {}, .scale = f.v2 - f.v1};
    for (size_t k = 0; k < t1.size(); ++k)
      low.thresholds.push_back({t1[k]}), high.thresholds.push_back({t2[k]});
    if (f.v1 == f.v2) return multi_threshold(name_ + "values", sums, ranges, low);
    if (low.scale == high.scale) {
      for (size_t k = 0; k < t1.size(); ++k) low.thresholds[k].push_back(t2[k]);
      return multi_threshold(name_ + "values", sums, ranges, low);
    }
    return graph_.node("Add", name_ + "values",
                       {multi_threshold(name_ + "low", sums, ranges, low),
                        multi_threshold(name_ + "high", sums, ranges, high)});
  }

  // The mean's code is above c from a sum of codes of (c + 1/2) * count on.
  std::string average(size_t i, const std::string& x) {
    const Layer& l = model_.layers[i];
    if (after_logits_)
      return graph_.cast(name_ + "integers", average_integers(graph_, name_, l, x),
                         TensorProto::INT32);
    const int64_t count = int64_t(l.in.h) * l.in.w;
    const int zero = zero_point(model_.layers, l.reads.front().from);
    Steps steps{.thresholds = {{}}, .offset = -zero};
    for (int c = 0; c < kCodeMax; ++c)
      steps.thresholds[0].push_back((2 * c * count + count + 1) / 2 - count * zero);
    const std::string axes = graph_.constant<int64_t>(name_ + "axes", {2}, {2, 3});
    const std::string sum = graph_.node("ReduceSum", name_ + "sums", {x, axes});
    return multi_threshold(name_ + "values", sum, sum_ranges(model_, int(i)), steps);
  }

  const Model& model_;
  OnnxGraph graph_;
  std::string name_;                 // begins the names of all that the row at hand adds
  std::string centered_;             // the pictures
  std::vector<std::string> values_;  // of the rows so far
  bool after_logits_ = false;
};

}  // namespace

std::vector<std::string> rows_beyond_float(const Model& model) {
  std::vector<std::string> names;
  bool after_logits = false;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    if (!after_logits && (l.has_sums() || l.kind == Kind::avg_pool) &&
        std::ranges::any_of(sum_ranges(model, int(i)), [](Range r) {
          return r.least <= -kFloatExact || r.most >= kFloatExact;
        }))
      names.push_back(l.name);
    after_logits |= l.is_logits();  // integers from there on
  }
  return names;
}

Told write_qonnx(const Model& model, const std::filesystem::path& folder) {
  QonnxWriter(model).run().save(folder / (model.net + ".qonnx.onnx"));
  const std::vector<std::string> inexact = rows_beyond_float(model);
  std::string list;
  for (const std::string& name : inexact) list += " " + name;
  return {list.empty() ? "every layer's sums are exact in 32-bit floats\n"
                       : "sums that may not be exact in 32-bit floats:" + list + "\n",
          {{"inexact", inexact}}};
}

}  // namespace tri
