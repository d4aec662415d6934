#include "engine/export/formats.h"

#include "engine/export/c/write_c.h"
#include "engine/export/onnx/onnx.h"
#include "engine/export/onnx/qonnx.h"
#include "engine/export/verilog/write_verilog.h"

namespace tri {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {
      {"onnx", "NET.onnx: standard operators, integers from the picture to the logits", write_onnx},
      {"qonnx", "NET.qonnx.onnx: with MultiThreshold nodes, for QONNX and FINN", write_qonnx},
      {"c", "NET.h, NET.c: C99 for small devices, and NET_check.c with golden vectors", write_c},
      {"verilog", "a reference engine in Verilog, the network's ROM files, and a testbench",
       write_verilog},
  };
  return formats;
}

}  // namespace tri
