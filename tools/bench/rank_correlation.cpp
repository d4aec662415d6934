#include "tools/bench/rank_correlation.h"

#include <cmath>
#include <vector>

#include "data/base/check.h"
#include "rl/agent/ppo.h"

namespace tri {
namespace {

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

double rank_correlation(std::span<const double> a, std::span<const double> b) {
  CHECK(a.size() == b.size());
  const std::vector<double> x = centered_ranks(a), y = centered_ranks(b);
  return product(x, y) / std::sqrt(product(x, x) * product(y, y));
}

}  // namespace tri
