#include "engine/export/onnx/graph.h"

#include <bit>
#include <type_traits>

#include "data/base/check.h"
#include "data/base/file.h"

namespace tri {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

template <class T>
constexpr int kElements = std::is_same_v<T, uint8_t>   ? onnx::TensorProto::UINT8
                          : std::is_same_v<T, int32_t> ? onnx::TensorProto::INT32
                          : std::is_same_v<T, int64_t> ? onnx::TensorProto::INT64
                                                       : onnx::TensorProto::FLOAT;

void set(onnx::AttributeProto& to, int64_t value) {
  to.set_type(onnx::AttributeProto::INT), to.set_i(value);
}
void set(onnx::AttributeProto& to, float value) {
  to.set_type(onnx::AttributeProto::FLOAT), to.set_f(value);
}
void set(onnx::AttributeProto& to, const std::string& value) {
  to.set_type(onnx::AttributeProto::STRING), to.set_s(value);
}
void set(onnx::AttributeProto& to, const std::vector<int64_t>& values) {
  to.set_type(onnx::AttributeProto::INTS);
  for (const int64_t value : values) to.add_ints(value);
}

void describe(onnx::ValueInfoProto& to, const std::string& name, int elements,
              const OnnxGraph::Shape& shape, int64_t batch) {
  to.set_name(name);
  auto& tensor = *to.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(elements);
  auto& first = *tensor.mutable_shape()->add_dim();
  if (batch > 0)
    first.set_dim_value(batch);
  else
    first.set_dim_param("n");
  for (const int64_t size : shape) tensor.mutable_shape()->add_dim()->set_dim_value(size);
}

}  // namespace

OnnxGraph::OnnxGraph(const std::string& name, int64_t opset) {
  model_.set_ir_version(7);  // the one that opset 13 came with
  model_.set_producer_name("tri-segment");
  graph().set_name(name);
  import("", opset);
}

void OnnxGraph::import(const std::string& domain, int64_t opset) {
  auto& entry = *model_.add_opset_import();
  entry.set_domain(domain), entry.set_version(opset);
}

template <class T>
std::string OnnxGraph::constant(const std::string& name, const Shape& shape,
                                const std::vector<T>& values) {
  auto& tensor = *graph().add_initializer();
  tensor.set_name(name), tensor.set_data_type(kElements<T>);
  int64_t size = 1;
  for (const int64_t d : shape) tensor.add_dims(d), size *= d;
  CHECK(size == int64_t(values.size()));
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
  return name;
}
template std::string OnnxGraph::constant(const std::string&, const Shape&,
                                         const std::vector<uint8_t>&);
template std::string OnnxGraph::constant(const std::string&, const Shape&,
                                         const std::vector<int32_t>&);
template std::string OnnxGraph::constant(const std::string&, const Shape&,
                                         const std::vector<int64_t>&);
template std::string OnnxGraph::constant(const std::string&, const Shape&,
                                         const std::vector<float>&);

std::string OnnxGraph::node(const std::string& op, const std::string& output,
                            const std::vector<std::string>& inputs,
                            const std::vector<Attribute>& attributes, const std::string& domain) {
  auto& node = *graph().add_node();
  node.set_op_type(op), node.set_name(output), node.set_domain(domain);
  for (const std::string& name : inputs) node.add_input(name);
  node.add_output(output);
  for (const Attribute& attribute : attributes) {
    auto& to = *node.add_attribute();
    to.set_name(attribute.name);
    std::visit([&to](const auto& value) { set(to, value); }, attribute.value);
  }
  return output;
}

std::string OnnxGraph::cast(const std::string& output, const std::string& input, int elements) {
  return node("Cast", output, {input}, {{"to", int64_t(elements)}});
}

void OnnxGraph::input(const std::string& name, int elements, const Shape& shape, int64_t batch) {
  describe(*graph().add_input(), name, elements, shape, batch);
}

void OnnxGraph::output(const std::string& name, int elements, const Shape& shape, int64_t batch) {
  describe(*graph().add_output(), name, elements, shape, batch);
}

void OnnxGraph::metadata(const std::string& key, const std::string& value) {
  auto& entry = *model_.add_metadata_props();
  entry.set_key(key), entry.set_value(value);
}

void OnnxGraph::save(const std::filesystem::path& file) const {
  std::string bytes;
  if (!model_.SerializeToString(&bytes))
    throw Error(file.string() + ": the network is too large for one ONNX file");
  write_file(file, bytes);
}

}  // namespace tri
