#include "rl/search/knapsack.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "data/base/check.h"

namespace tri {
namespace {

constexpr size_t kUnits = 20'000;
constexpr double kForbidden = std::numeric_limits<double>::infinity();

size_t cheapest(const std::vector<double>& losses, const std::vector<double>& costs) {
  size_t best = losses.size();
  for (size_t i = 0; i < losses.size(); ++i)
    if (losses[i] < kForbidden && (best == losses.size() || costs[i] < costs[best])) best = i;
  CHECK(best < losses.size());
  return best;
}

}  // namespace

std::vector<size_t> knapsack(const std::vector<std::vector<double>>& losses,
                             const std::vector<std::vector<double>>& costs, double limit) {
  CHECK(losses.size() == costs.size());
  std::vector<size_t> result;
  for (size_t i = 0; i < losses.size(); ++i) {
    CHECK(losses[i].size() == costs[i].size() && losses[i].size() <= 256);
    result.push_back(cheapest(losses[i], costs[i]));
    limit -= costs[i][result.back()];
  }
  if (limit <= 0) return result;
  // least[u]: of the things so far, at a cost of u units at most.
  std::vector<double> least(kUnits + 1, 0.0);
  std::vector<std::vector<uint8_t>> chosen;
  const auto units = [&](size_t i, size_t choice) {
    return std::ceil((costs[i][choice] - costs[i][result[i]]) / limit * double(kUnits));
  };
  for (size_t i = 0; i < losses.size(); ++i) {
    std::vector<double> with(kUnits + 1, kForbidden);
    chosen.emplace_back(kUnits + 1);
    for (size_t choice = 0; choice < losses[i].size(); ++choice) {
      const double cost = units(i, choice);
      if (!(losses[i][choice] < kForbidden) || cost > double(kUnits)) continue;
      const auto shift = static_cast<size_t>(cost);
      for (size_t u = shift; u <= kUnits; ++u) {
        const double loss = least[u - shift] + losses[i][choice];
        if (loss < with[u]) with[u] = loss, chosen[i][u] = uint8_t(choice);
      }
    }
    least = std::move(with);
  }
  // The first of the least, which costs least.
  auto left = size_t(std::min_element(least.begin(), least.end()) - least.begin());
  const std::vector<size_t> lowest = result;
  for (size_t i = losses.size(); i-- > 0;) {
    const size_t choice = chosen[i][left];
    left -= static_cast<size_t>(units(i, choice));
    result[i] = choice;
  }
  return result;
}

}  // namespace tri
