#include "rl/search/objective.h"

#include <algorithm>
#include <optional>

#include "data/base/check.h"
#include "data/base/parallel.h"

namespace tri {
namespace {

// Of one thread, kept from call to call.
Workspace& workspace() {
  thread_local Workspace workspace;
  return workspace;
}

// The last tap, among those that all that follows hangs on alone, before which all students are
// alike; -1: there is none.
int last_common_cut(const std::vector<Layer>& layers, const std::vector<StaircaseSet>& students) {
  int cut = -1;
  for (const Layer& l : layers) {
    if (l.tap < 0) continue;
    if (l.cut) cut = l.tap;
    const auto alike = [&](const StaircaseSet& s) {
      return s[size_t(l.tap)] == students.front()[size_t(l.tap)];
    };
    if (!std::all_of(students.begin(), students.end(), alike)) break;
  }
  return cut;
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
    judges_.emplace_back(teacher, pictures.slice(begin, begin + batch), options.attention_layers,
                         options.temperature);
}

std::vector<RewardParts> Objective::on_batch_here(int batch,
                                                  const std::vector<StaircaseSet>& students) const {
  const Judge& judge = judges_[size_t(batch)];
  std::vector<RewardParts> parts(students.size());
  std::optional<Judge::Head> head;
  EventRecorder before(teacher_.model().layers.size());  // what the head has read
  const int cut = last_common_cut(teacher_.model().layers, students);
  if (students.size() > 1 && cut >= 0)
    head = judge.head(cut, Staircases(teacher_.model(), students.front()), calibrate_, workspace(),
                      counts_energy() ? &before : nullptr);
  const auto judge_one = [&](size_t i) {
    const Staircases staircases(teacher_.model(), students[i]);
    EventRecorder counted = before;
    EventRecorder* events = counts_energy() ? &counted : nullptr;
    const Judge::Head* shared = head ? &*head : nullptr;
    parts[i] = calibrate_ ? judge.calibrated(staircases, workspace(), events, shared)
                          : judge(teacher_, staircases, workspace(), events, shared);
    if (events) parts[i].energy = relative_energy(students[i], counted);
  };
  FirstException thrown;
  // A single one has all threads for itself.
#pragma omp parallel for schedule(dynamic) if (students.size() > 1)
  for (size_t i = 0; i < students.size(); ++i) thrown.keep([&] { judge_one(i); });
  thrown.rethrow();
  return parts;
}

double Objective::relative_energy(const StaircaseSet& staircases,
                                  const EventRecorder& events) const {
  return total(energy(teacher_.model(), staircases, events.events(), energy_table_)) /
         teacher_energy_;
}

std::vector<RewardParts> Objective::on_every(int step, int first, const IntNet& student,
                                             const StaircaseSet& set) const {
  const Staircases staircases(student.model(), set);
  std::vector<const Judge*> some;
  for (size_t i = size_t(first); i < judges_.size(); i += size_t(step)) some.push_back(&judges_[i]);
  std::vector<RewardParts> parts(some.size());
  FirstException thrown;
#pragma omp parallel for schedule(dynamic) if (some.size() > 1)
  for (size_t i = 0; i < some.size(); ++i)
    thrown.keep([&] {
      EventRecorder events(teacher_.model().layers.size());
      parts[i] = (*some[i])(student, staircases, workspace(), &events);
      parts[i].energy = relative_energy(set, events);
    });
  thrown.rethrow();
  return parts;
}

Candidate Objective::mean(const StaircaseSet& set, const std::vector<RewardParts>& parts) const {
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
