#include "tools/pipeline/search_mixing.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "data/base/error.h"
#include "rl/search/trials.h"

namespace tri {
namespace {

constexpr int kFits = 4;  // how often a start is fitted anew to what pictures say that it costs
constexpr double kShort = 0.999;  // of the limit that would just do

double teacher_energy_of(const MixingSetup& s) {
  return total(teacher_energy(s.teacher, s.energies));
}

std::string microjoules_text(double share, double teacher) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f uJ (%.1f%% of the teacher's)", 1e-6 * share * teacher,
                100 * share);
  return text;
}

// The better one on the pictures of the search, the first of equals.
const Mixture& better(const Objective& objective, const Mixture& a, const Mixture& b) {
  double lead = 0;  // of b
  for (int batch = 0; batch < objective.batches(); ++batch) {
    const auto parts = objective.on_batch(batch, {a.staircases(), b.staircases()});
    lead += objective.reward(parts[1]) - objective.reward(parts[0]);
  }
  return lead > 0 ? b : a;
}

// On held-out pictures, of the teacher's.
double measured(const MixingSetup& s, const Mixture& m) {
  return rescore(s.builder, s.held_out, {m.staircases()}).front().parts.energy;
}

[[noreturn]] void refuse(const MixingSetup& s, double least) {
  throw Error("--energy-budget " + s.budget + ": the least that " + s.teacher.net +
              " can be given is " +
              microjoules_text(least / (1 - kBudgetMargin), teacher_energy_of(s)));
}

}  // namespace

Mixed mix(const MixingSetup& s, Journal& journal) {
  const double teacher = teacher_energy_of(s);
  TapKinds kinds;
  for (const auto& f : s.start.mse_optimal)
    kinds.push_back(f ? TapKind::three_levels : TapKind::eight_bits);
  const Mixture rule = Mixture::mean_square(s.start.histograms, s.fixed, kinds);
  const auto given = energy_budget_of(s.budget);
  const double budget =
      given ? given->share(teacher) : std::max(s.three.parts.energy, measured(s, rule));
  double allowed = (1 - kBudgetMargin) * budget;
  Mixture teacher_like = rule;
  std::fill(teacher_like.kinds.begin(), teacher_like.kinds.end(), TapKind::eight_bits);
  Trials trials = run_trials(s.objective, teacher_like, journal);
  s.note("trials: every kind of every layer, " + std::to_string(trials.evaluations) +
         " evaluations");

  // Estimates are brought to what is measured by one student that both know.
  const EnergyEstimate estimate(s.teacher, s.start.read, s.energies);
  const double unit = estimate(s.three.f) / s.three.parts.energy;
  Budget fitting(estimate, rule, std::move(trials.losses), allowed * unit), next = fitting;
  std::optional<Mixture> start;
  for (int i = 0; i < kFits && next.fits(next.cheapest().staircases()); ++i) {
    const Mixture allocated = next.allocation();
    const Mixture found = better(s.objective, next.project(rule), allocated);
    const double energy = measured(s, found);
    if (energy <= allowed) start = found, fitting = next;
    const bool near = energy > (1 - kBudgetMargin) * allowed || found.kinds != allocated.kinds;
    if (energy <= allowed && near) break;
    next = next.with_limit(kShort * next.limit() * allowed / energy);
  }
  if (!start) {
    start = given ? fitting.cheapest() : fitting.with(s.three.f);
    const double least = measured(s, *start);
    if (given && least > allowed) refuse(s, least);
    allowed = std::max(allowed, least);
    fitting = fitting.with_limit(fitting.estimate(start->staircases()));
  }
  const TapKinds allocation = fitting.allocation().kinds;
  s.note("energy budget: " + microjoules_text(budget, teacher) + "; the search starts from " +
         (start->kinds == allocation ? "the trials' best mixture" : "the rule's kinds"));
  return {{*start, fitting, allocation}, budget, allowed, trials.evaluations};
}

StaircaseSet with_fewer_levels(const WarmUp::Mixing& mixing, const StaircaseSet& set,
                               double factor) {
  const Budget budget = mixing.budget.with_limit(kShort * mixing.budget.estimate(set) / factor);
  return budget.project(budget.with(set)).staircases();
}

}  // namespace tri
