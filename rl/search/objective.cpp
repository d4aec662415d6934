#include "rl/search/objective.h"

#include <algorithm>
#include <optional>

#include "data/base/check.h"

namespace tri {
namespace {

// Of one thread, kept from call to call.
Workspace& workspace() {
  thread_local Workspace workspace;
  return workspace;
}

// The first tap at which not all of them are alike, or the last one.
int first_difference(const std::vector<StaircaseSet>& students) {
  const size_t taps = students.front().size();
  size_t tap = 0;
  const auto alike = [&](const StaircaseSet& s) { return s[tap] == students.front()[tap]; };
  while (tap + 1 < taps && std::all_of(students.begin(), students.end(), alike)) ++tap;
  return int(tap);
}

}  // namespace

Objective::Objective(const IntNet& teacher, const Dataset& pictures,
                     const ObjectiveOptions& options)
    : teacher_(teacher),
      calibrate_(options.calibrate),
      weights_(options.weights),
      energy_table_(options.energy_table),
      teacher_energy_(total(teacher_energy(teacher.model(), energy_table_))) {
  CHECK(teacher_energy_ > 0);
  const int batch = std::min(options.batch, pictures.size());
  CHECK(batch > 0);
  for (int begin = 0; begin + batch <= pictures.size(); begin += batch)
    judges_.emplace_back(teacher, pictures.slice(begin, begin + batch).pixels,
                         options.attention_layers);
}

std::vector<RewardParts> Objective::on_batch(int batch,
                                             const std::vector<StaircaseSet>& students) const {
  const Judge& judge = judges_[size_t(batch)];
  std::vector<RewardParts> parts(students.size());
  std::optional<Judge::Head> head;
  EventRecorder before(teacher_.model().layers.size());  // what the head has read
  if (students.size() > 1)
    head = judge.head(first_difference(students), Staircases(teacher_.model(), students.front()),
                      calibrate_, workspace(), counts_energy() ? &before : nullptr);
    // A single one has all threads for itself.
#pragma omp parallel for schedule(dynamic) if (students.size() > 1)
  for (size_t i = 0; i < students.size(); ++i) {
    const Staircases staircases(teacher_.model(), students[i]);
    EventRecorder counted = before;
    EventRecorder* events = counts_energy() ? &counted : nullptr;
    const Judge::Head* shared = head ? &*head : nullptr;
    parts[i] = calibrate_ ? judge.calibrated(staircases, workspace(), events, shared)
                          : judge(teacher_, staircases, workspace(), events, shared);
    if (events) parts[i].energy = relative_energy(students[i], counted);
  }
  return parts;
}

double Objective::relative_energy(const StaircaseSet& staircases,
                                  const EventRecorder& events) const {
  return total(energy(teacher_.model(), staircases, events.events(), energy_table_)) /
         teacher_energy_;
}

Candidate Objective::on_all(const IntNet& student, const StaircaseSet& set) const {
  const Staircases staircases(student.model(), set);
  std::vector<RewardParts> parts(judges_.size());
#pragma omp parallel for schedule(dynamic) if (judges_.size() > 1)
  for (size_t i = 0; i < judges_.size(); ++i) {
    EventRecorder events(teacher_.model().layers.size());
    parts[i] = judges_[i](student, staircases, workspace(), &events);
    parts[i].energy = relative_energy(set, events);
  }
  Candidate mean{.f = set, .parts = {}};
  for (const RewardParts& p : parts) {
    mean.parts.kl += p.kl / batches();
    mean.parts.attention += p.attention / batches();
    mean.parts.agreement += p.agreement / batches();
    mean.parts.energy += p.energy / batches();
    mean.reward += reward(p) / batches();
  }
  return mean;
}

}  // namespace tri
