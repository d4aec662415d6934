// A parameter set that was evaluated, and what its student was worth there.
#pragma once

#include <algorithm>
#include <vector>

#include "distill/judge/reward.h"
#include "engine/arithmetic/trisegment.h"

namespace tri {

// Over several batches the parts and the reward are means.
struct Candidate {
  StaircaseSet f;
  RewardParts parts;
  // Of the parts, by the objective that judged it. Comparable only on the same pictures.
  double reward = 0;
  // In a search, where pictures change: the reward over the start's on the same pictures, which
  // compares between batches. And the same with energy left out. Elsewhere 0.
  double gain = 0, quality_gain = 0;
};

// The first candidate with these staircases, or end().
inline auto find_staircases(std::vector<Candidate>& candidates, const StaircaseSet& f) {
  return std::find_if(candidates.begin(), candidates.end(),
                      [&](const Candidate& c) { return c.f == f; });
}

}  // namespace tri
