#include "rl/search/deploy.h"

#include <algorithm>
#include <utility>

#include "data/base/check.h"
#include "distill/correct/reconstruct.h"
#include "rl/search/thresholds.h"

namespace tri {

StudentBuilder::StudentBuilder(const IntNet& teacher, const Dataset& pictures,
                               const ChannelStatistics& statistics, bool calibrate,
                               const Dataset& reconstruction)
    : teacher_(teacher),
      pictures_(pictures),
      statistics_(statistics),
      calibrate_(calibrate),
      reconstruction_(reconstruction) {}

Model StudentBuilder::student(const StaircaseSet& staircases) const {
  return calibrates() ? calibrated(teacher_, staircases, pictures_.pixels(), statistics_)
                      : uncalibrated(staircases);
}

Model StudentBuilder::uncalibrated(const StaircaseSet& staircases) const {
  Model student = teacher_.model();
  student.staircases = staircases;
  return student;
}

Model StudentBuilder::reconstructed(const StaircaseSet& staircases,
                                    const OnProgress& progress) const {
  CHECK(reconstructs());
  return tri::reconstructed(teacher_, staircases, reconstruction_, pictures_, statistics_,
                            progress);
}

Candidate rescored(const StudentBuilder& builder, const Objective& held_out,
                   const StaircaseSet& set) {
  const IntNet student(builder.student(set));
  return held_out.on_all(student, set);
}

std::vector<Candidate> rescore(const StudentBuilder& builder, const Objective& held_out,
                               const std::vector<StaircaseSet>& sets, const OnProgress& progress) {
  std::vector<StaircaseSet> distinct;
  for (const StaircaseSet& set : sets)
    if (std::find(distinct.begin(), distinct.end(), set) == distinct.end()) distinct.push_back(set);
  Archive ranked(sets.size(), &Candidate::reward);
  if (held_out.rescoring()) {
    for (Candidate& c : held_out.rescoring()(distinct)) ranked.add(std::move(c));
    return ranked.best();
  }
  for (const StaircaseSet& set : distinct) {
    progress(double(&set - distinct.data()) / double(distinct.size()));
    ranked.add(rescored(builder, held_out, set));
  }
  return ranked.best();
}

Student finish(const StudentBuilder& builder, const Objective& held_out, const Candidate& best,
               bool reconstruct, const OnProgress& progress) {
  if (reconstruct && builder.reconstructs()) {
    const IntNet net(builder.reconstructed(best.f, progress));
    Candidate fitted = held_out.on_all(net, best.f);
    if (fitted.reward > best.reward) return {std::move(fitted), net.model(), true};
  }
  return {best, builder.student(best.f), false};
}

Student finish_within(double limit, const StudentBuilder& builder, const Objective& objective,
                      const Objective& held_out, std::vector<Candidate>& ranked, bool reconstruct,
                      const OnProgress& progress) {
  const Candidate& best = ranked.front();
  Student student = finish(builder, held_out, best, reconstruct, progress);
  if (!student.reconstructed || student.candidate.parts.energy <= limit) return student;
  const IntNet net(student.model);
  Candidate& c = student.candidate;
  while (c.parts.energy > limit && c.reward > best.reward) {
    const StaircaseSet higher = with_higher_thresholds(net, c.f, objective, limit / c.parts.energy);
    if (higher == c.f) break;
    c = held_out.on_all(net, higher);
  }
  if (c.parts.energy > limit || c.reward <= best.reward)
    return finish(builder, held_out, best, false);
  student.model.staircases = c.f;
  std::erase_if(ranked, [&](const Candidate& other) { return other.f == c.f; });
  ranked.insert(ranked.begin(), rescored(builder, held_out, c.f));
  return student;
}

std::vector<Candidate> front_of(const std::vector<Candidate>& candidates) {
  std::vector<double> agreements, energies;
  for (const Candidate& c : candidates)
    agreements.push_back(c.parts.agreement), energies.push_back(c.parts.energy);
  std::vector<Candidate> front;
  for (const size_t i : pareto(agreements, energies)) front.push_back(candidates[i]);
  return front;
}

TestSet::TestSet(const StudentBuilder& builder, const Model& teacher, const Dataset& pictures,
                 const EnergyTable& table, Recorder recorder)
    : builder_(builder),
      pictures_(pictures),
      table_(table),
      record_(recorder ? std::move(recorder)
                       : [&pictures](const Model& m) { return record(IntNet(m), pictures); }),
      logits_(record_(teacher).logits),
      teacher_{accuracy(logits_, pictures.labels(), teacher.layers.back().output.c), 1, 0, 0,
               teacher_energy(teacher, table)} {}

Deployed TestSet::measure(const Candidate& candidate, bool also_uncalibrated) const {
  Deployed deployed{candidate, measure(builder_.student(candidate.f)), {}, {}};
  if (also_uncalibrated && builder_.calibrates())
    deployed.uncalibrated = measure(builder_.uncalibrated(candidate.f));
  return deployed;
}

Measures TestSet::measure(const Model& student) const {
  return tri::measure(student, record_(student), pictures_, logits_, table_);
}

bool within(const Measures& student, const Measures& teacher, double max_drop, bool labeled) {
  return labeled ? student.accuracy >= teacher.accuracy - max_drop
                 : student.agreement >= 1 - max_drop;
}

TestReport deploy(const TestSet& test, const Candidate& mse, const Candidate& start,
                  std::span<const Candidate> ranked, const Student& chosen, double max_drop,
                  bool labeled, const OnProgress& progress) {
  CHECK(!ranked.empty() && ranked.front().f == chosen.candidate.f);
  TestReport v{test.teacher(), test.measure(mse, true), {}, {}, {}, false};
  v.start = start.f == mse.f ? v.mse : test.measure(start, true);
  for (size_t i = 0; i < ranked.size(); ++i) {
    progress(double(i + 1) / double(ranked.size() + 2));
    v.candidates.push_back(ranked[i].f == start.f ? v.start : test.measure(ranked[i], i == 0));
  }
  v.selected = v.candidates.front();
  if (chosen.reconstructed) {
    v.selected.candidate = chosen.candidate;
    v.selected.calibrated = std::exchange(v.selected.measures, test.measure(chosen.model));
  }
  v.within = within(v.selected.measures, v.teacher, max_drop, labeled);
  return v;
}

}  // namespace tri
