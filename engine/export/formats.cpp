#include "engine/export/formats.h"

#include "engine/export/c/write_c.h"

namespace tri {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {
      {"c", "C99: NET.h, NET.c, and NET_check.c with golden vectors", write_c, c_report},
  };
  return formats;
}

}  // namespace tri
