// Recipes as JSON: what --config of ./train and ./finetune reads, and what --help-all shows.
#pragma once

#include <filesystem>

#include "data/base/json.h"
#include "engine/float/train.h"

namespace tri {

constexpr int kMostEpochs = 100'000, kMostBatch = 4096;

// {"epochs": 45, ..., "crop": 4, "flip": true, "cutout": 8}: all but the seed and the precision.
// What fine-tuning has no use for is left out of its recipe.
Json to_json(const Recipe& recipe);

// Changes what the file names. Throws Error where it names something else, or a value that is none
// or out of range.
void read_recipe(const std::filesystem::path& file, Recipe& recipe);

}  // namespace tri
