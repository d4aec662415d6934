#include "rl/objective.h"

#include <algorithm>

#include "engine/check.h"

namespace tri {
namespace {

// Of one thread, kept from call to call.
Workspace& workspace() {
  thread_local Workspace workspace;
  return workspace;
}

}  // namespace

Objective::Objective(const IntNet& teacher, const Dataset& pictures,
                     const ObjectiveOptions& options)
    : teacher_(teacher), calibrate_(options.calibrate) {
  const int batch = std::min(options.batch, pictures.size());
  CHECK(batch > 0);
  for (int begin = 0; begin + batch <= pictures.size(); begin += batch)
    rewards_.emplace_back(teacher, pictures.slice(begin, begin + batch).pixels,
                          options.attention_layers, options.attention_weight);
}

std::vector<Reward::Parts> Objective::on_batch(int batch,
                                               const std::vector<StaircaseSet>& students) const {
  const Reward& reward = rewards_[size_t(batch)];
  std::vector<Reward::Parts> parts(students.size());
  // A single one has all threads for itself.
#pragma omp parallel for schedule(dynamic) if (students.size() > 1)
  for (size_t i = 0; i < students.size(); ++i) {
    const Staircases staircases(teacher_.model(), students[i]);
    parts[i] = calibrate_ ? reward.calibrated(staircases, workspace())
                          : reward(teacher_, staircases, workspace());
  }
  return parts;
}

Reward::Parts Objective::on_all(const IntNet& student, const StaircaseSet& set) const {
  const Staircases staircases(student.model(), set);
  std::vector<Reward::Parts> parts(rewards_.size());
#pragma omp parallel for schedule(dynamic) if (rewards_.size() > 1)
  for (size_t i = 0; i < rewards_.size(); ++i)
    parts[i] = rewards_[i](student, staircases, workspace());
  Reward::Parts mean{};
  for (const Reward::Parts& p : parts) {
    mean.kl += p.kl / batches();
    mean.attention += p.attention / batches();
    mean.reward += p.reward / batches();
  }
  return mean;
}

}  // namespace tri
