// Energy budget of a search with mixtures: what a parameter set costs, estimated without running
// it, and the nearest one that fits. What a budget is measured by in the end is left to
// rl/search/deploy.h.
#pragma once

#include <array>
#include <vector>

#include "distill/judge/energy.h"
#include "engine/integer/model.h"
#include "rl/agent/mixture.h"

namespace tri {

// distill/judge/energy.h on the teacher's codes: pools and staircases both rise with the codes, so
// what a layer reads of a student has the levels of what it reads of the teacher, as calibration
// keeps their shares. Every tap adds its own part, whatever the others are.
class EnergyEstimate {
 public:
  // read: [layers], of the codes that each layer with weights reads in the teacher.
  EnergyEstimate(const Model& model, std::vector<Histogram> read, EnergyTable table);
  // Picojoules a picture.
  double operator()(const StaircaseSet& staircases) const;
  // By which it changes where one tap, of 8 bits before, gets a staircase.
  double change(size_t tap, const std::optional<TriSegment>& f) const;

 private:
  Model model_;  // without its numbers
  std::vector<Histogram> read_;
  EnergyTable table_;
  double all_8_bits_;
};

// [taps][kinds]: how much a student loses by the kind of one tap, in rewards with no weight on
// energy, beside one that all have in common.
using TapLosses = std::vector<std::array<double, kTapKinds>>;

class Budget {
 public:
  // Of a limit, what fitted() leaves: a reconstruction lets more codes pass, and costs about that.
  static constexpr double kRoom = 0.03;

  // mean_square: what taps may become, of which kinds do not matter. limit: of estimates, in pJ.
  Budget(EnergyEstimate estimate, const Mixture& mean_square, TapLosses losses, double limit);

  double estimate(const StaircaseSet& staircases) const { return estimate_(staircases); }
  double limit() const { return limit_; }
  const TapLosses& losses() const { return losses_; }
  bool fits(const StaircaseSet& staircases) const { return estimate_(staircases) <= limit_; }
  // The same mixture with fewer levels where it does not fit: the tap that loses least for each
  // microjoule goes first, and comes back in the end where others made room. So none of those that
  // changed could have stayed. Where nothing helps: cheapest(). (Projection to a budget: HAQ, Wang
  // et al., CVPR 2019.)
  Mixture project(Mixture proposed) const;
  // A proposal brought to the budget from either side: projected, then given levels for what it
  // leaves, but for kRoom of the limit: the tap that gains most for each microjoule goes first.
  Mixture fitted(Mixture proposed) const;
  // The mean-square mixture with the least estimate: what can be reached.
  const Mixture& cheapest() const { return cheapest_; }
  // The mean-square mixture that fits with the least sum of losses.
  Mixture allocation() const;
  Budget with_limit(double limit) const;
  // The mean-square mixture with these staircases in place of its own.
  Mixture with(const StaircaseSet& staircases) const;

 private:
  EnergyEstimate estimate_;
  Mixture cheapest_;
  TapLosses losses_;
  double limit_;
};

}  // namespace tri
