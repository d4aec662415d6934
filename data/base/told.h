// What a part of the program has to tell, for people and for programs.
#pragma once

#include <string>

#include "data/base/json.h"

namespace tri {

struct Told {
  std::string text;            // lines
  Json json = Json::object();  // the same
};

}  // namespace tri
