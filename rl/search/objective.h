// What a search maximises: the reward on batches of training pictures, one batch a generation.
//
// A reward on one fixed batch is over-fitted within some hundred evaluations. Here the pictures
// change from generation to generation; the teacher has seen them all once, before.
#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"
#include "distill/judge/energy.h"
#include "distill/judge/reward.h"

namespace tri {

struct ObjectiveOptions {
  int batch = 64;  // pictures
  std::vector<std::string> attention_layers = {};
  double attention_weight = 0.1;  // w of R = -KL - w * AT - W * E
  double energy_weight = 0;       // W; E: the student's energy over the teacher's
  EnergyTable energy_table = {};
  bool calibrate = true;  // judge students as they will be deployed: calibrated
};

class Objective {
 public:
  // Runs the teacher over `pictures` (at least one), in batches; the last pictures stay out where
  // they do not fill one. `teacher` must outlive this.
  Objective(const IntNet& teacher, const Dataset& pictures, const ObjectiveOptions& options);
  int batches() const { return int(rewards_.size()); }
  bool counts_energy() const { return energy_weight_ > 0; }
  // -KL - w * AT: the reward without its part of energy.
  double quality(const Reward::Parts& p) const { return p.reward + energy_weight_ * p.energy; }

  // Rewards of some students on one batch, each calibrated on it. The students run side by side,
  // one a thread, and what all of them have in common runs once; the result is the same for any
  // number of threads. Events are counted only where
  // energy has a weight; else all energies are 0.
  std::vector<Reward::Parts> on_batch(int batch, const std::vector<StaircaseSet>& students) const;
  // The mean over all batches, of a student as it is: a calibrated model or the teacher's own. Its
  // energy is always counted.
  Reward::Parts on_all(const IntNet& student, const StaircaseSet& staircases) const;

 private:
  // Adds what the events of a student cost.
  void add_energy(Reward::Parts& parts, const StaircaseSet& staircases,
                  const EventRecorder& events) const;

  const IntNet& teacher_;
  bool calibrate_;
  double energy_weight_;
  EnergyTable energy_table_;
  double teacher_energy_;
  std::vector<Reward> rewards_;  // [batches]
};

}  // namespace tri
