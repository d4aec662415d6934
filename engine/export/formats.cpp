#include "engine/export/formats.h"

#include "engine/export/onnx/onnx.h"

namespace tri {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {
      {"onnx", "NET.onnx: standard operators, integers from the picture to the logits", write_onnx},
  };
  return formats;
}

}  // namespace tri
