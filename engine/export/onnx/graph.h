// An ONNX graph, built node by node through the official schema. What the nodes compute is left to
// the callers.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace tri {

// A tensor is known by its name; functions that make one return it.
class OnnxGraph {
 public:
  using Shape = std::vector<int64_t>;
  struct Attribute {
    const char* name;
    std::variant<int64_t, float, std::string, std::vector<int64_t>> value;
  };

  // opset: of the standard operators.
  OnnxGraph(const std::string& name, int64_t opset);
  void import(const std::string& domain, int64_t opset);

  // T: uint8_t, int32_t, int64_t or float.
  template <class T>
  std::string constant(const std::string& name, const Shape& shape, const std::vector<T>& values);
  // Of the standard operators where `domain` is empty.
  std::string node(const std::string& op, const std::string& output,
                   const std::vector<std::string>& inputs,
                   const std::vector<Attribute>& attributes = {}, const std::string& domain = "");
  // elements: onnx::TensorProto's number for them.
  std::string cast(const std::string& output, const std::string& input, int elements);

  // batch: the first dimension, free where it is 0.
  void input(const std::string& name, int elements, const Shape& shape, int64_t batch = 0);
  void output(const std::string& name, int elements, const Shape& shape, int64_t batch = 0);
  void metadata(const std::string& key, const std::string& value);

  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  // Throws Error.
  void save(const std::filesystem::path& file) const;

 private:
  onnx::ModelProto model_;
};

}  // namespace tri
