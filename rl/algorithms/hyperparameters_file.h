// Hyper-parameters as JSON: what --config reads and result.json tells.
#pragma once

#include <filesystem>

#include "data/base/json.h"
#include "rl/algorithms/hyperparameters.h"

namespace tri {

// {"ppo": {"episodes": 20, ...}, ...}: all of them, under the names that they have here. How many
// heads the network has is not among them: what is searched for says it.
Json to_json(const Hyperparameters& h);

// The defaults, but for what the file names. Throws Error where it names something else, or a value
// that is none or out of range.
Hyperparameters read_hyperparameters(const std::filesystem::path& file);

}  // namespace tri
