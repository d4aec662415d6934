// Stochastic objective: what a search maximizes, the reward on batches of training pictures, one
// batch an update. How a student is judged on a batch is left to distill/judge/reward.h.
//
// A reward on one fixed batch is over-fitted within some hundred evaluations. Here the pictures
// change from update to update; the teacher has seen them all once, before.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "distill/judge/energy.h"
#include "rl/search/candidate.h"

namespace tri {

struct ObjectiveOptions {
  int batch = 64;  // pictures
  std::vector<std::string> attention_layers = {};
  double temperature = 1;  // of KL
  RewardWeights weights = {};
  EnergyTable energy_table = {};
  bool calibrate = true;  // judge students as they will be deployed: calibrated
};

class Objective {
 public:
  // Runs the teacher over `pictures` (at least one), in batches; the last pictures stay out where
  // they do not fill one. `teacher` must outlive this.
  Objective(const IntNet& teacher, const Dataset& pictures, const ObjectiveOptions& options);
  int batches() const { return int(judges_.size()); }
  bool counts_energy() const { return weights_.energy > 0; }
  double reward(const RewardParts& parts) const { return tri::reward(parts, weights_); }
  // The reward with no weight on energy.
  double quality(const RewardParts& parts) const {
    return tri::reward(parts, {.attention = weights_.attention, .energy = 0});
  }

  // What some students are worth on one batch, each calibrated on it. They run side by side, one a
  // thread, and what all of them have in common runs once; the result is the same for any number
  // of threads. Events are counted only where energy has a weight; else all energies are 0.
  std::vector<RewardParts> on_batch(int batch, const std::vector<StaircaseSet>& students) const {
    return elsewhere_ ? elsewhere_(batch, students) : on_batch_here(batch, students);
  }
  // The same by this process alone.
  std::vector<RewardParts> on_batch_here(int batch,
                                         const std::vector<StaircaseSet>& students) const;
  // What on_batch() does from now on, with the same result (rl/search/spread.h); empty: itself.
  using OnBatch = std::function<std::vector<RewardParts>(int, const std::vector<StaircaseSet>&)>;
  void compute_with(OnBatch elsewhere) { elsewhere_ = std::move(elsewhere); }
  // What rescore() (rl/search/deploy.h) does on these pictures from now on in place of computing:
  // the candidates of some sets, in their order, with the same result; empty: it computes.
  using Rescoring = std::function<std::vector<Candidate>(const std::vector<StaircaseSet>&)>;
  void rescore_with(Rescoring elsewhere) { rescoring_ = std::move(elsewhere); }
  const Rescoring& rescoring() const { return rescoring_; }
  // The means over all batches, of a student as it is: a calibrated model or the teacher's own. Its
  // energy is always counted.
  Candidate on_all(const IntNet& student, const StaircaseSet& staircases) const {
    return on_every_ ? mean(staircases, on_every_(student.model(), staircases))
                     : on_all_here(student, staircases);
  }
  // The same by this process alone.
  Candidate on_all_here(const IntNet& student, const StaircaseSet& staircases) const {
    return mean(staircases, on_every(1, 0, student, staircases));
  }
  // Of them the batches first, first + step, ..., each by itself, by this process alone.
  std::vector<RewardParts> on_every(int step, int first, const IntNet& student,
                                    const StaircaseSet& staircases) const;
  // What on_all() takes the means of from now on: the same of every batch; empty: it computes.
  using OnEvery = std::function<std::vector<RewardParts>(const Model&, const StaircaseSet&)>;
  void judge_with(OnEvery elsewhere) { on_every_ = std::move(elsewhere); }

 private:
  Candidate mean(const StaircaseSet& staircases, const std::vector<RewardParts>& parts) const;
  // What a student with these events costs, over the teacher's.
  double relative_energy(const StaircaseSet& staircases, const EventRecorder& events) const;

  const IntNet& teacher_;
  bool calibrate_;
  RewardWeights weights_;
  EnergyTable energy_table_;
  double teacher_energy_;
  std::vector<Judge> judges_;  // [batches]
  OnBatch elsewhere_;
  Rescoring rescoring_;
  OnEvery on_every_;
};

}  // namespace tri
