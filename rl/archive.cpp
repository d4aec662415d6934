#include "rl/archive.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/check.h"

namespace tri {

bool Archive::add(Candidate candidate) {
  CHECK(!std::isnan(candidate.reward));
  const auto same = std::find_if(best_.begin(), best_.end(),
                                 [&](const Candidate& other) { return other.f == candidate.f; });
  if (same != best_.end()) {
    if (same->reward >= candidate.reward) return false;
    best_.erase(same);
  }
  // After those with an equal reward.
  const auto place =
      std::upper_bound(best_.begin(), best_.end(), candidate.reward,
                       [](double reward, const Candidate& other) { return reward > other.reward; });
  if (size_t(place - best_.begin()) >= capacity_) return false;
  best_.insert(place, std::move(candidate));
  if (best_.size() > capacity_) best_.pop_back();
  return true;
}

}  // namespace tri
