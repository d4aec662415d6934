// What an exporter has to tell of the files it wrote.
#pragma once

#include <string>

#include "data/base/json.h"

namespace tri {

struct ExportReport {
  std::string text;            // lines for people
  Json json = Json::object();  // the same for programs
};

}  // namespace tri
