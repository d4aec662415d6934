#include "rl/search/knapsack.h"

#include <cmath>
#include <limits>

#include "data/base/rng.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Problem {
  std::vector<std::vector<double>> losses, costs;

  double sum(const std::vector<std::vector<double>>& of, const std::vector<size_t>& chosen) const {
    double sum = 0;
    for (size_t i = 0; i < chosen.size(); ++i) sum += of[i][chosen[i]];
    return sum;
  }
  // The least sum of losses within the limit, by trying all choices.
  double least(double limit) const {
    double best = kInfinity;
    std::vector<size_t> chosen(losses.size());
    for (int number = 0; number < int(std::pow(3, losses.size())); ++number) {
      for (size_t i = 0, rest = size_t(number); i < chosen.size(); ++i, rest /= 3)
        chosen[i] = rest % 3;
      if (sum(costs, chosen) <= limit) best = std::min(best, sum(losses, chosen));
    }
    return best;
  }
};

}  // namespace

TEST_CASE("a knapsack's choices fit, and none that fit lose less") {
  Rng rng(7);
  for (int round = 0; round < 20; ++round) {
    Problem p;
    double lowest = 0, highest = 0;
    for (int i = 0; i < 6; ++i) {
      p.losses.push_back({rng.uniform(), 2 * rng.uniform() - 0.2, 4 * rng.uniform()});
      p.costs.push_back({3 * rng.uniform(), 2 * rng.uniform() - 1, rng.uniform() - 1});
      if (i == 3) p.losses[3][1] = kInfinity;
      double least = kInfinity, most = -kInfinity;
      for (size_t j = 0; j < 3; ++j)
        if (p.losses[size_t(i)][j] < kInfinity)
          least = std::min(least, p.costs[size_t(i)][j]),
          most = std::max(most, p.costs[size_t(i)][j]);
      lowest += least, highest += most;
    }
    for (const double part : {0.02, 0.3, 0.6, 1.1}) {
      const double limit = lowest + part * (highest - lowest);
      const std::vector<size_t> chosen = knapsack(p.losses, p.costs, limit);
      CHECK(p.sum(p.costs, chosen) <= limit);
      // Costs are rounded up, six times.
      CHECK(p.sum(p.losses, chosen) <= p.least(limit - 6 * (limit - lowest) / 20'000) + 1e-12);
    }
    const double cost = p.sum(p.costs, knapsack(p.losses, p.costs, lowest - 1));
    CHECK(cost == doctest::Approx(lowest));
  }
}
