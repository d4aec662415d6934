// --energy-budget of ./search and ./finetune: what a student may cost.
#pragma once

#include <optional>
#include <string>

#include "distill/judge/energy.h"

namespace tri {

// "30%" of the teacher's energy, or "120uJ" a picture.
struct EnergyBudget {
  double value;  // a fraction, or microjoules
  bool of_teacher;

  // Of a teacher that costs so many picojoules.
  double share(double teacher) const { return of_teacher ? value : value * 1e6 / teacher; }
};
// nullopt: the text is neither.
std::optional<EnergyBudget> energy_budget_of(const std::string& text);

// What is wrong with an option's text; empty: nothing.
std::string wrong_with_energy_budget(const std::string& text);

// What the budget is less on held-out pictures, so that the test set stays within it: a fraction.
constexpr double kBudgetMargin = 0.01;

// What a student within the budget may cost on held-out pictures, in microjoules a picture.
// REQUIRES: nothing is wrong with the text.
double held_out_limit(const std::string& text, const Model& teacher, const EnergyTable& energies);

}  // namespace tri
