// JSON: files from strangers are read within limits of size and depth, and errors say where; how
// programs write it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace tri {

using Json = nlohmann::ordered_json;

constexpr int kMostJsonDepth = 16;

// Throws Error where the file cannot be read, holds more than `limit` bytes, is no JSON, or nests
// deeper than kMostJsonDepth.
Json read_json(const std::filesystem::path& file, uint64_t limit = 1 << 20);

// With a line break at the end; indent: of each level, -1: all on one line. What is no UTF-8, in a
// file's name maybe, becomes U+FFFD.
std::string dump(const Json& json, int indent = 2);

}  // namespace tri
