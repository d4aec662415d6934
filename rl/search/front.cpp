#include "rl/search/front.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "data/base/check.h"

namespace tri {

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
  const auto same = find_staircases(members_, candidate.f);
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
