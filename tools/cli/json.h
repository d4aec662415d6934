// How programs write JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tri {

using Json = nlohmann::ordered_json;

// With a line break at the end; indent: of each level, -1: all on one line. What is no UTF-8, in a
// file's name maybe, becomes U+FFFD.
std::string dump(const Json& json, int indent = 2);

}  // namespace tri
