// JSON files from strangers: read within limits of size and depth, errors say where.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace tri {

using Json = nlohmann::ordered_json;

constexpr int kMostJsonDepth = 16;

// Throws Error where the file cannot be read, holds more than `limit` bytes, is no JSON, or nests
// deeper than kMostJsonDepth.
Json read_json(const std::filesystem::path& file, uint64_t limit = 1 << 20);

}  // namespace tri
