// What a search is told, loaded.
#pragma once

#include <vector>

#include "data/split.h"
#include "distill/judge/energy.h"
#include "tools/pipeline/search_options.h"

namespace tri {

struct SearchInputs {
  Model teacher;
  std::vector<Model> also;  // other teachers, which an agent learns on
  EnergyTable energies;
  Pictures pictures;
};

// Completes the settings by their defaults and loads what they name. writes: makes sure that the
// folder can be written to. Throws Error.
SearchInputs load_inputs(Settings& settings, bool writes = true);

// No part but the one that decides sees what no teacher was trained on.
Splits splits_of(const Settings& settings, const Pictures& pictures);

}  // namespace tri
