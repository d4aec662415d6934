// One-layer-at-a-time trials: what each kind of each tap costs in quality, all others left as they
// are. What is made of it is left to rl/search/budget.h.
#pragma once

#include "rl/search/budget.h"
#include "rl/search/journal.h"
#include "rl/search/objective.h"

namespace tri {

// Under this name and seed 0 the journal holds the trials.
extern const char* const kTrials;

struct Trials {
  TapLosses losses;     // beside `mixture` itself, the means over the batches
  int evaluations = 0;  // parameter sets times batches
};

// Every kind of every free tap of `mixture` in place of its own, on the first batches, four at
// most. Replays what the journal knows, and adds the others to it.
Trials run_trials(const Objective& objective, const Mixture& mixture, Journal& journal);

}  // namespace tri
