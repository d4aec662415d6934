// A network's table as a JSON file, for networks that are not among those of nets/. nets/README.md
// describes it.
#pragma once

#include <filesystem>

#include "nets/nets.h"

namespace tri {

// The rows, unresolved, of a net for so many classes, and the names of its attention layers (none:
// default_attention() chooses). Throws Error, which names file, row and key.
NetDefinition load_layers(const std::filesystem::path& file, int classes);

}  // namespace tri
