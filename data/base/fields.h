// Numbers that a JSON file may change: one table of them reads files, checks ranges and tells
// values.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "data/base/json.h"

namespace tri {

// One of them, and the least and the largest value that it may have. group: the name of the object
// that it is a member of; empty: the file's own.
struct Field {
  std::string group, name;
  std::variant<int*, float*, double*, bool*, std::vector<int>*> value;
  double least = 0, most = 1;
  int longest = 4;  // of a list
};

// {"group": {"name": value, ...}, "name": value, ...}
Json to_json(const std::vector<Field>& fields);

// Changes what the file names. Throws Error where it names something else, called a `what` then, or
// a value that is none or out of range.
void read_fields(const std::filesystem::path& file, const std::vector<Field>& fields,
                 const std::string& what);

}  // namespace tri
