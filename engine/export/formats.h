// The formats that ./export writes: a network for programs that are not ours.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/base/told.h"
#include "engine/integer/model.h"

namespace tri {

struct ExportFormat {
  const char* name;
  const char* help;  // one line
  // Writes the network's files into a folder that is there, each by write_file(). All that can be
  // wrong with the network is found before the first file is written. Throws Error.
  Told (*write)(const Model& model, const std::filesystem::path& folder);
};

const std::vector<ExportFormat>& export_formats();

}  // namespace tri
