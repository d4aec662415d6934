// What a search of mixtures begins with: the budget, trials of every layer, and the better of two
// starts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "rl/search/deploy.h"
#include "tools/pipeline/energy_budget.h"

namespace tri {

struct MixingSetup {
  const Model& teacher;  // that students are made of
  const EnergyTable& energies;
  const WarmUp& start;      // with the staircases that the rule or --keep leaves
  std::vector<bool> fixed;  // [taps]: those that keep their 8 bits
  const Candidate& three;   // three levels in all others, on held-out pictures
  std::string budget;       // --energy-budget; empty: the dearer of `three` and `start`
  const StudentBuilder& builder;
  const Objective &objective, &held_out;
  std::function<void(const std::string&)> note;
};

struct Mixed {
  WarmUp::Mixing mixing;
  double budget;  // of the teacher's energy
  double limit;   // the same on held-out pictures, less a margin
  int trials;     // evaluations
};

// Runs the trials, and starts where the search's pictures say: from the rule's kinds or from the
// knapsack's, both projected to the budget. Throws Error where the budget cannot be reached.
Mixed mix(const MixingSetup& setup, Journal& journal);

// The same staircases with fewer levels, for those whose student costs `factor` times what it may.
StaircaseSet with_fewer_levels(const WarmUp::Mixing& mixing, const StaircaseSet& set,
                               double factor);

}  // namespace tri
