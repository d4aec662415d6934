// Which search it is that some settings make: where it writes, what it has to do, and what tells it
// from others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/base/json.h"
#include "tools/pipeline/search_inputs.h"

namespace tri {

// The folder of its files: --out, or runs/NET.
std::filesystem::path folder_of(const Settings& settings);

// What it has to do, in order (tools/pipeline/search_plan.h).
std::vector<std::string> phases_of(const Settings& settings);

// The keys of result.json that tell which search it is; others are null or 0 so far.
Json heading(const Settings& settings, const SearchInputs& inputs, const Splits& splits);

// What all ranks of it must have in common, a line each.
std::string identity_of(const Settings& settings, const SearchInputs& inputs, const Splits& splits);

}  // namespace tri
