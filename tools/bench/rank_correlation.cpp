#include "tools/bench/rank_correlation.h"

#include <cmath>
#include <vector>

#include "data/base/check.h"

namespace tri {
namespace {

// Twice the rank of each number, less the mean.
std::vector<double> centered_ranks(std::span<const double> numbers) {
  std::vector<double> ranks;
  for (const double x : numbers) {
    double rank = 0;
    for (const double y : numbers) rank += (y < x) - (y > x);
    ranks.push_back(rank);
  }
  return ranks;
}

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
