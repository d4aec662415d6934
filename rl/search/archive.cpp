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

Candidate candidate(StaircaseSet f, const Reward::Parts& p) {
  return {std::move(f), p.reward, p.kl, p.attention, p.agreement, p.energy};
}

bool Archive::add(Candidate candidate) {
  CHECK(!std::isnan(candidate.reward));
  const auto same = find(best_, candidate.f);
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
  CHECK(!std::isnan(candidate.reward) && !std::isnan(candidate.energy) && capacity_ >= 2);
  const auto same = find(members_, candidate.f);
  if (same != members_.end()) {
    if (same->reward >= candidate.reward) return;
    members_.erase(same);
  }
  members_.push_back(std::move(candidate));
  std::vector<double> rewards, energies;
  for (const Candidate& c : members_) rewards.push_back(c.reward), energies.push_back(c.energy);
  std::vector<Candidate> kept;
  for (const size_t i : pareto(rewards, energies)) kept.push_back(std::move(members_[i]));
  members_ = std::move(kept);
  if (members_.size() <= capacity_) return;
  size_t crowded = 1;
  const auto gap = [&](size_t i) { return members_[i + 1].energy - members_[i - 1].energy; };
  for (size_t i = 2; i + 1 < members_.size(); ++i)
    if (gap(i) < gap(crowded)) crowded = i;
  members_.erase(members_.begin() + ptrdiff_t(crowded));
}

}  // namespace tri
