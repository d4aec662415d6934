#include "rl/deploy.h"

#include <algorithm>

#include "engine/check.h"

namespace tri {

Workshop::Workshop(const IntNet& teacher, const Dataset& pictures,
                   const ChannelStatistics& statistics, bool calibrate)
    : teacher_(teacher), pictures_(pictures), statistics_(statistics), calibrate_(calibrate) {}

Model Workshop::student(const StaircaseSet& staircases) const {
  return calibrates() ? calibrated(teacher_, staircases, pictures_.pixels, statistics_)
                      : uncalibrated(staircases);
}

Model Workshop::uncalibrated(const StaircaseSet& staircases) const {
  Model student = teacher_.model();
  student.staircases = staircases;
  return student;
}

std::vector<Candidate> rescore(const Workshop& workshop, const Objective& held_out,
                               const std::vector<StaircaseSet>& sets) {
  Archive ranked(sets.size());
  std::vector<StaircaseSet> seen;
  for (const StaircaseSet& set : sets) {
    if (std::find(seen.begin(), seen.end(), set) != seen.end()) continue;
    seen.push_back(set);
    const IntNet student(workshop.student(set));
    ranked.add(candidate(set, held_out.on_all(student, set)));
  }
  return ranked.best();
}

std::vector<Candidate> front_of(const std::vector<Candidate>& candidates) {
  std::vector<double> agreements, energies;
  for (const Candidate& c : candidates)
    agreements.push_back(c.agreement), energies.push_back(c.energy);
  std::vector<Candidate> front;
  for (const size_t i : pareto(agreements, energies)) front.push_back(candidates[i]);
  return front;
}

TestSet::TestSet(const Workshop& workshop, const IntNet& teacher, const Dataset& pictures,
                 const EnergyTable& table)
    : workshop_(workshop),
      pictures_(pictures),
      table_(table),
      logits_(logits_of(teacher, pictures)),
      teacher_{accuracy(logits_, pictures.labels, kClasses), 1, 0, 0,
               teacher_energy(teacher.model(), table)} {}

Deployed TestSet::measure(const Candidate& candidate, bool also_uncalibrated) const {
  const auto measured = [&](Model model) {
    const IntNet student(std::move(model));
    const Staircases staircases(student.model(), candidate.f);
    return tri::measure(student, pictures_, logits_, staircases, table_);
  };
  Deployed deployed{candidate, measured(workshop_.student(candidate.f)), std::nullopt};
  if (also_uncalibrated && workshop_.calibrates())
    deployed.uncalibrated = measured(workshop_.uncalibrated(candidate.f));
  return deployed;
}

Verdict deploy(const TestSet& test, const Candidate& mse, std::span<const Candidate> ranked,
               double max_drop, bool labelled) {
  CHECK(!ranked.empty());
  Verdict v{test.teacher(), test.measure(mse, true), {}, false};
  for (size_t i = 0; i < ranked.size(); ++i)
    v.candidates.push_back(ranked[i].f == mse.f ? v.mse : test.measure(ranked[i], i == 0));
  const Measures& student = v.candidates.front().measures;
  v.within = labelled ? student.accuracy >= v.teacher.accuracy - max_drop
                      : student.agreement >= 1 - max_drop;
  return v;
}

}  // namespace tri
