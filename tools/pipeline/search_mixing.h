// What a search of mixtures begins with: the budget, trials of every layer, and the better of two
// starts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rl/search/deploy.h"

namespace tri {

// --energy-budget: "30%" of the teacher's energy, or "120uJ" a picture.
struct EnergyBudget {
  double value;  // a fraction, or microjoules
  bool of_teacher;
};
// nullopt: the text is neither.
std::optional<EnergyBudget> energy_budget_of(const std::string& text);

// What the budget is less on held-out pictures, so that the test set stays within it: a fraction.
constexpr double kBudgetMargin = 0.01;

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
  double budget;      // of the teacher's energy
  EnergyLimit limit;  // on held-out pictures
  int trials;         // evaluations
};

// Runs the trials, and starts where the search's pictures say: from the rule's kinds or from the
// knapsack's, both projected to the budget. Throws Error where the budget cannot be reached.
Mixed mix(const MixingSetup& setup, Journal& journal);

}  // namespace tri
