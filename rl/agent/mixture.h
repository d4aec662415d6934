// Mixture of kinds: which taps of a student keep 8 bits, which have three levels and which two, and
// what staircase each has where it has one. Who chooses is left to the others.
#pragma once

#include <vector>

#include "engine/arithmetic/trisegment.h"

namespace tri {

using TapKinds = std::vector<TapKind>;  // [taps]

struct Mixture {
  // The tap's staircase of three levels, and of two; nullopt in both: its 8 bits are fixed.
  StaircaseSet three, two;
  TapKinds kinds;

  // Of the mean-square staircases. fixed: [taps], those that keep their 8 bits.
  static Mixture mean_square(const std::vector<Histogram>& histograms,
                             const std::vector<bool>& fixed, TapKinds kinds);

  bool is_free(size_t tap) const { return three[tap].has_value(); }
  // What the tap is as one of this kind.
  std::optional<TriSegment> as(size_t tap, TapKind kind) const;
  StaircaseSet staircases() const;  // of the kinds
};

}  // namespace tri
