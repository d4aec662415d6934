// The table of energies as a JSON file: README.md shows one.
#pragma once

#include <filesystem>

#include "data/base/json.h"
#include "distill/judge/energy.h"

namespace tri {

// Every number, in picojoules: {"add8": 0.03, ..., "sram": {"8192": 1.25, ...}}, where sram's keys
// are bytes.
Json to_json(const EnergyTable& t);

// The default table, but for what the file holds; an sram that it holds replaces the default one.
// Throws Error that names file and key.
EnergyTable load_energy_table(const std::filesystem::path& file);

// The same for those who compare students of a teacher; the default table where no file is named.
// Throws Error also where such a teacher costs nothing.
EnergyTable energies_for(const Model& teacher, const std::string& file);

}  // namespace tri
