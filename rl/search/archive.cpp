#include "rl/search/archive.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "data/base/check.h"

namespace tri {
namespace {

auto find(std::vector<Candidate>& candidates, const StaircaseSet& f) {
  return std::find_if(candidates.begin(), candidates.end(),
                      [&](const Candidate& c) { return c.f == f; });
}

}  // namespace

bool Archive::add(Candidate candidate) {
  const double score = candidate.*score_;
  CHECK(!std::isnan(score));
  const auto same = find(best_, candidate.f);
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

std::vector<size_t> pareto(std::span<const double> values, std::span<const double> costs) {
  CHECK(values.size() == costs.size());
  std::vector<size_t> order(values.size()), front;
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return costs[a] != costs[b] ? costs[a] < costs[b] : values[a] > values[b];
  });
  for (const size_t i : order)
    if (front.empty() || values[i] > values[front.back()]) front.push_back(i);
  return front;
}

void Front::add(Candidate candidate) {
  CHECK(!std::isnan(candidate.quality_gain) && !std::isnan(candidate.parts.energy));
  CHECK(capacity_ >= 2);
  const auto same = find(members_, candidate.f);
  if (same != members_.end()) {
    if (same->quality_gain >= candidate.quality_gain) return;
    members_.erase(same);
  }
  members_.push_back(std::move(candidate));
  std::vector<double> qualities, energies;
  for (const Candidate& c : members_)
    qualities.push_back(c.quality_gain), energies.push_back(c.parts.energy);
  std::vector<Candidate> kept;
  for (const size_t i : pareto(qualities, energies)) kept.push_back(std::move(members_[i]));
  members_ = std::move(kept);
  if (members_.size() <= capacity_) return;
  size_t crowded = 1;
  const auto gap = [&](size_t i) {
    return members_[i + 1].parts.energy - members_[i - 1].parts.energy;
  };
  for (size_t i = 2; i + 1 < members_.size(); ++i)
    if (gap(i) < gap(crowded)) crowded = i;
  members_.erase(members_.begin() + ptrdiff_t(crowded));
}

}  // namespace tri
