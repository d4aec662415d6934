#include "engine/export/formats.h"

namespace tri {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {};
  return formats;
}

}  // namespace tri
