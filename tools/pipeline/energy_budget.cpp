#include "tools/pipeline/energy_budget.h"

#include <charconv>
#include <cmath>

namespace tri {

std::optional<EnergyBudget> energy_budget_of(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  const std::string unit(read.ptr, end);
  if (read.ec != std::errc() || !std::isfinite(value) || value <= 0) return std::nullopt;
  if (unit == "uJ") return EnergyBudget{value, false};
  if (unit == "%" && value <= 100) return EnergyBudget{value / 100, true};
  return std::nullopt;
}

std::string wrong_with_energy_budget(const std::string& text) {
  if (energy_budget_of(text)) return "";
  return text +
         " is neither a percentage of the teacher's energy, such as 30%, nor microjoules a "
         "picture, such as 120uJ";
}

double held_out_limit(const std::string& text, const Model& teacher, const EnergyTable& energies) {
  const double whole = total(teacher_energy(teacher, energies));
  return (1 - kBudgetMargin) * energy_budget_of(text)->share(whole) * 1e-6 * whole;
}

}  // namespace tri
