#include "tools/cli/schedule.h"

#include <algorithm>
#include <utility>

namespace tri {

void Schedule::plan(std::vector<Phase> phases) {
  phases_ = std::move(phases);
  at_ = 0;
}

void Schedule::begin(double now) {
  at_ = std::min(at_ + 1, phases_.size());
  begin_ = now;
}

double Schedule::seconds_left(double now, double part) const {
  constexpr double kTelling = 0.02;  // the first moments of a phase say little
  const double taken = now - begin_, carried_on = part > 0 ? taken / part : 0;
  if (at_ == 0) return std::max(carried_on - taken, 0.0);
  const double planned = phases_[at_ - 1].seconds;
  const double whole = part > kTelling ? carried_on : std::max(planned, taken);
  const double stretch = planned > 1 ? std::clamp(whole / planned, 0.5, 4.0) : 1;
  double later = 0;
  for (size_t i = at_; i < phases_.size(); ++i) later += phases_[i].seconds;
  return std::max(whole - taken, 0.0) + stretch * later;
}

double Schedule::share(double now, double part) {
  constexpr double kAlmost = 0.99;
  const double left = seconds_left(now, part), whole = now + left;
  double share = phases_.empty() ? part : whole > 0 ? now / whole : 0;
  if (!(in_last() && part == 1)) share = std::min(share, kAlmost);
  most_ = std::max(most_, in_last() && part == 1 ? 1 : share);
  return most_;
}

}  // namespace tri
