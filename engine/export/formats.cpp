#include "engine/export/formats.h"

#include "engine/export/c/write_c.h"
#include "engine/export/onnx/onnx.h"
#include "engine/export/onnx/qonnx.h"

namespace tri {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {
      {"c", "C99: NET.h, NET.c, and NET_check.c with golden vectors", write_c},
      {"onnx", "NET.onnx: standard operators, integers from the picture to the logits", write_onnx},
      {"qonnx", "NET.qonnx.onnx: with MultiThreshold nodes, for QONNX and FINN", write_qonnx},
  };
  return formats;
}

}  // namespace tri
