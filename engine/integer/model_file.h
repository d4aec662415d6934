// Model files: a teacher (.q8) or a student (.tri) that runs with nothing else.
//
// A file holds the layer table, the picture's shape and normalization, the classes' names, and all
// numbers; a reader trusts none of them.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/integer/model.h"

namespace tri {

// Files of version 1 hold no table: theirs is the one `table_of(net)` gives, a function as the
// tables live one level up, in nets/. Empty: no such net.
using TableOf = std::vector<Layer> (*)(const std::string& net);

void save(const Model& model, const std::filesystem::path& file);

// The same between processes of one program.
std::vector<uint8_t> bytes_of(const Model& model);
Model model_of(std::vector<uint8_t> bytes);

// Of a network's rows and numbers, whatever its names; students name their teachers by it.
uint64_t checksum(const Model& model);

// Throws Error with the reason when a file is damaged, truncated, of another version, when its
// table is no network, or when its numbers break what the engine relies on (sizes, |q| <= 127,
// shifts, accumulators that could overflow).
Model load_model(const std::filesystem::path& file, TableOf table_of);

}  // namespace tri
