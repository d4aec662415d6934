#include <algorithm>
#include <cmath>
#include <numeric>

#include "rl/algorithms/algorithms.h"

namespace tri {

PpoStatistics statistics_of(const std::vector<double>& rewards) {
  PpoStatistics s;
  s.reward_best = *std::max_element(rewards.begin(), rewards.end());
  s.reward_mean = std::accumulate(rewards.begin(), rewards.end(), 0.0) / double(rewards.size());
  return s;
}

uint8_t to_bin(double x) { return uint8_t(std::clamp(std::round(x), 0.0, kBins - 1.0)); }

}  // namespace tri
