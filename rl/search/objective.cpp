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
      energy_weight_(options.energy_weight),
      energy_table_(options.energy_table),
      teacher_energy_(total(teacher_energy(teacher.model(), energy_table_))) {
  CHECK(teacher_energy_ > 0);
  const int batch = std::min(options.batch, pictures.size());
  CHECK(batch > 0);
  for (int begin = 0; begin + batch <= pictures.size(); begin += batch)
    rewards_.emplace_back(teacher, pictures.slice(begin, begin + batch),
                          options.attention_layers, options.attention_weight);
}

std::vector<Reward::Parts> Objective::on_batch(int batch,
                                               const std::vector<StaircaseSet>& students) const {
  const Reward& reward = rewards_[size_t(batch)];
  std::vector<Reward::Parts> parts(students.size());
  std::optional<Reward::Head> head;
  EventRecorder before(teacher_.model().layers.size());  // what the head has read
  if (students.size() > 1)
    head = reward.head(first_difference(students), Staircases(teacher_.model(), students.front()),
                       calibrate_, workspace(), counts_energy() ? &before : nullptr);
    // A single one has all threads for itself.
#pragma omp parallel for schedule(dynamic) if (students.size() > 1)
  for (size_t i = 0; i < students.size(); ++i) {
    const Staircases staircases(teacher_.model(), students[i]);
    EventRecorder counted = before;
    EventRecorder* events = counts_energy() ? &counted : nullptr;
    const Reward::Head* shared = head ? &*head : nullptr;
    parts[i] = calibrate_ ? reward.calibrated(staircases, workspace(), events, shared)
                          : reward(teacher_, staircases, workspace(), events, shared);
    if (events) add_energy(parts[i], students[i], counted);
  }
  return parts;
}

void Objective::add_energy(Reward::Parts& parts, const StaircaseSet& staircases,
                           const EventRecorder& events) const {
  parts.energy =
      total(energy(teacher_.model(), staircases, events.events(), energy_table_)) / teacher_energy_;
  parts.reward -= energy_weight_ * parts.energy;
}

Reward::Parts Objective::on_all(const IntNet& student, const StaircaseSet& set) const {
  const Staircases staircases(student.model(), set);
  std::vector<Reward::Parts> parts(rewards_.size());
#pragma omp parallel for schedule(dynamic) if (rewards_.size() > 1)
  for (size_t i = 0; i < rewards_.size(); ++i) {
    EventRecorder events(teacher_.model().layers.size());
    parts[i] = rewards_[i](student, staircases, workspace(), &events);
    add_energy(parts[i], set, events);
  }
  Reward::Parts mean{};
  for (const Reward::Parts& p : parts) {
    mean.kl += p.kl / batches();
    mean.attention += p.attention / batches();
    mean.reward += p.reward / batches();
    mean.agreement += p.agreement / batches();
    mean.energy += p.energy / batches();
  }
  return mean;
}

}  // namespace tri
