#include "rl/search/archive.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/base/check.h"

namespace tri {

bool Archive::add(Candidate candidate) {
  const double score = candidate.*score_;
  CHECK(!std::isnan(score));
  const auto same = find_staircases(best_, candidate.f);
  if (same != best_.end()) {
    if ((*same).*score_ >= score) return false;
    best_.erase(same);
  }
  // After those with an equal score.
  const auto place = std::upper_bound(
      best_.begin(), best_.end(), score,
      [this](double score, const Candidate& other) { return score > other.*score_; });
  if (size_t(place - best_.begin()) >= capacity_) return false;
  best_.insert(place, std::move(candidate));
  if (best_.size() > capacity_) best_.pop_back();
  return true;
}

}  // namespace tri
