// The Verilog export: a reference engine that runs the network from ROM files, its elements, and a
// testbench with golden vectors.
#pragma once

#include <filesystem>
#include <string>

#include "data/base/told.h"
#include "engine/integer/model.h"

namespace tri {

// elements.v, network.v, testbench.v and, for this network, sizes.vh and the .hex files that they
// name. Tells the bytes of memory and ROMs, {"memory", "roms"}. Throws Error where logits are
// averaged, which the engine does not.
Told write_verilog(const Model& model, const std::filesystem::path& folder);

}  // namespace tri
