// What the exporters to ONNX write, checked by ONNX's own library and number by number. That other
// programs compute the same logits from it: tools/peers/check_export.py.
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "data/base/file.h"
#include "data/base/json.h"
#include "engine/arithmetic/quant.h"
#include "engine/export/formats.h"
#include "engine/export/onnx/qonnx.h"
#include "engine/export/onnx/sum_range.h"
#include "engine/integer/int_net.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
using onnx::TensorProto;

namespace {

Model student(const std::vector<Layer>& layers, uint64_t seed) {
  Rng rng(seed);
  Model model = random_model(layers, rng);
  model.staircases = random_staircases(model, rng);
  return model;
}

struct Exported {
  Scratch scratch;
  onnx::ModelProto model;
  std::map<std::string, TensorProto> constants;
  std::map<std::string, onnx::NodeProto> makers;  // by what they make

  Exported(const Model& from, const std::string& format, const std::string& file) {
    std::ranges::find(export_formats(), format, &ExportFormat::name)->write(from, scratch.path);
    const std::vector<uint8_t> bytes = read_file(scratch.path / file);
    REQUIRE(model.ParseFromArray(bytes.data(), int(bytes.size())));
    for (const auto& tensor : model.graph().initializer()) constants[tensor.name()] = tensor;
    for (const auto& node : model.graph().node()) makers[node.output(0)] = node;
  }

  template <class T>
  std::vector<T> numbers(const std::string& name) const {
    const std::string& raw = constants.at(name).raw_data();
    std::vector<T> values(raw.size() / sizeof(T));
    std::memcpy(values.data(), raw.data(), raw.size());
    return values;
  }
  int nodes(const std::string& op) const {
    return int(std::ranges::count(model.graph().node(), op, &onnx::NodeProto::op_type));
  }
};

int rows(const Model& model, auto condition) {
  return int(std::ranges::count_if(model.layers, condition));
}

}  // namespace

TEST_CASE("ONNX: a valid model of standard operators, without floats before the logits") {
  for (const auto& layers :
       {residual_layers(), every_kind_of_layer(true), every_kind_of_layer(false)}) {
    const Model model = student(layers, 3);
    Exported made(model, "onnx", "random.onnx");
    REQUIRE(made.model.opset_import_size() == 1);
    CHECK(made.model.opset_import(0).domain().empty());
    CHECK(made.model.opset_import(0).version() == 13);
    CHECK_NOTHROW(onnx::checker::check_model(made.model));
    onnx::ShapeInferenceOptions strict(true, 1, false);
    REQUIRE_NOTHROW(
        onnx::shape_inference::InferShapes(made.model, onnx::OpSchemaRegistry::Instance(), strict));

    const auto& graph = made.model.graph();
    REQUIRE(graph.input_size() == 1);
    CHECK(graph.input(0).type().tensor_type().elem_type() == TensorProto::UINT8);
    REQUIRE(graph.output_size() == 2);
    CHECK(graph.output(0).name() == "logits");
    CHECK(graph.output(0).type().tensor_type().elem_type() == TensorProto::INT32);
    CHECK(graph.output(1).type().tensor_type().elem_type() == TensorProto::FLOAT);
    const std::set<std::string> after = {"logits_float", "logits_real"};
    int tensors = 0;
    for (const auto& value : graph.value_info()) {
      CAPTURE(value.name());
      const auto& type = value.type().tensor_type();
      CHECK((type.elem_type() == TensorProto::FLOAT) == after.contains(value.name()));
      CHECK(type.shape().dim(0).dim_param() == "n");
      ++tensors;
    }
    CHECK(tensors + 2 == graph.node_size());
  }
}

TEST_CASE("ONNX: the nodes hold the model's numbers") {
  const Model model = student(residual_layers(), 4);
  const Exported made(model, "onnx", "random.onnx");
  CHECK(made.nodes("ConvInteger") == rows(model, [](auto& l) { return l.has_weights(); }));
  CHECK(made.nodes("Where") ==
        2 * int(std::ranges::count_if(model.staircases, [](auto& f) { return f.has_value(); })));
  // conv2: 8 channels of 6, 3 x 3; its input's zero point is 0, and it keeps its 8 bits or not.
  const size_t i = 1;
  REQUIRE(model.layers[i].name == "conv2");
  const auto weights = made.numbers<uint8_t>("conv2/weights");
  REQUIRE(weights.size() == model.quant[i].weights.size());
  for (int k = 0; k < 8; ++k)
    for (int c = 0; c < 6; ++c)
      for (int at = 0; at < 9; ++at)
        REQUIRE(int(weights[size_t((k * 6 + c) * 9 + at)]) - 128 ==
                model.quant[i].weights[size_t((at * 6 + c) * 8 + k)]);
  const Staircases staircases(model, model.staircases);
  const TriSegment& f = *model.staircases[1];
  const auto t1 = made.numbers<int32_t>("conv2/t1"), t2 = made.numbers<int32_t>("conv2/t2");
  for (size_t k = 0; k < 8; ++k) {
    CHECK(t1[k] == int64_t(staircases.t1[1][k]) - model.quant[i].bias[k]);
    CHECK(t2[k] == int64_t(staircases.t2[1][k]) - model.quant[i].bias[k]);
  }
  CHECK(made.numbers<uint8_t>("conv2/v1") == std::vector<uint8_t>{f.v1});
  CHECK(made.numbers<uint8_t>("conv2/v2") == std::vector<uint8_t>{f.v2});
  // Zero points: of pictures, of codes after a ReLU, of codes that may be negative.
  CHECK(made.numbers<uint8_t>("conv1/zero") == std::vector<uint8_t>{128});
  CHECK(made.numbers<uint8_t>("conv2/zero") == std::vector<uint8_t>{0});
  CHECK(made.numbers<uint8_t>("conv4/zero") == std::vector<uint8_t>{128});

  const auto& metadata = made.model.metadata_props();
  const auto classes = std::ranges::find(metadata, "classes", &onnx::StringStringEntryProto::key);
  REQUIRE(classes != metadata.end());
  CHECK(Json::parse(classes->value()) == Json(model.classes));
}

TEST_CASE("QONNX: MultiThreshold nodes count the thresholds that a sum has reached") {
  Model model = student(every_kind_of_layer(false), 5);
  model.staircases[0] = TriSegment{10, 40, 90, 80};  // even steps
  model.staircases[1] = TriSegment{10, 40, 90, 90};
  model.staircases[2].reset();
  model.staircases[3] = TriSegment{50, 70, 50, 70};  // two levels
  const Exported made(model, "qonnx", "random.qonnx.onnx");
  const auto shape = [&](const std::string& name) {
    const auto& dims = made.constants.at(name).dims();
    return std::vector<int64_t>(dims.begin(), dims.end());
  };
  CHECK(shape("conv1/values_thresholds") == std::vector<int64_t>{5, 2});
  CHECK(shape("dw1/low_thresholds") == std::vector<int64_t>{5, 1});
  CHECK(shape("dw1/high_thresholds") == std::vector<int64_t>{5, 1});
  CHECK(shape("conv2/values_thresholds") == std::vector<int64_t>{9, 255});
  const std::string two = model.layers[size_t(model.tap_rows()[3])].name + "/values";
  CHECK(shape(two + "_thresholds")[1] == 1);
  CHECK(made.makers.at(two).attribute(1).f() == 70);
  CHECK(made.makers.at("dw1/high").attribute(1).f() == 50);
  CHECK(made.makers.at("dw1/high").domain() == "qonnx.custom_op.general");

  const auto thresholds = made.numbers<float>("conv2/values_thresholds");
  const size_t row = 3;
  REQUIRE(model.layers[row].name == "conv2");
  const QuantLayer& q = model.quant[row];
  const std::vector<Range> ranges = sum_ranges(model, int(row));
  for (size_t k = 0; k < 9; ++k)
    for (int64_t sum = ranges[k].least; sum <= ranges[k].most; sum += 97) {
      const auto first = thresholds.begin() + ptrdiff_t(255 * k);
      const auto reached = std::count_if(first, first + 255, [&](float t) { return sum >= t; });
      REQUIRE(int(reached) == requantize(int32_t(sum) + q.bias[k], {q.m[k], q.shift[k]}));
    }
}

TEST_CASE("no sum is outside the range that is proven for it, and some reach its ends") {
  Rng rng(6);
  Model model =
      random_model({conv("conv1", 4, 3, 1, 0), logits(linear("fc", 3))}, rng, {16, 16, 1});
  const std::vector<Range> ranges = sum_ranges(model, 0);
  for (size_t k = 0; k < 4; ++k) {
    Range widest;
    for (int at = 0; at < 9; ++at) {
      const int q = model.quant[0].weights[size_t(at) * 4 + k];
      widest.least += q * (q > 0 ? -128 : 127), widest.most += q * (q > 0 ? 127 : -128);
    }
    CHECK(ranges[k] == widest);
  }
  CHECK(value_range(model, 0) == Range{0, 255});
  model.staircases = {TriSegment{1, 20, 2, 30}};
  CHECK(value_range(model, 0) == Range{0, 30});
}

TEST_CASE("QONNX names the rows whose sums a float cannot hold") {
  Rng rng(7);
  Model model = random_model({conv3("conv1", 64), logits(linear("fc", 10))}, rng);
  std::ranges::fill(model.quant[1].weights, int8_t(2));  // 32 * 32 * 64 * 2 * 255 is above 2^24
  CHECK(rows_beyond_float(model) == std::vector<std::string>{"fc"});
  const Scratch scratch;
  const Told told = write_qonnx(model, scratch.path);
  CHECK(told.text == "sums that may not be exact in 32-bit floats: fc\n");
  CHECK(told.json["inexact"] == Json{"fc"});
  std::ranges::fill(model.quant[1].weights, int8_t(0));
  CHECK(rows_beyond_float(model).empty());
}
