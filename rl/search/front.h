// Pareto front of a search: what no other parameter set beats in both quality and energy.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "rl/search/candidate.h"

namespace tri {

// Which points no other one dominates, having at least the value for at most the cost (and of
// equals the first): their indices, the least cost first, so that values rise too.
std::vector<size_t> pareto(std::span<const double> values, std::span<const double> costs);

// The candidates of a search that no other one dominates in quality_gain and energy.
// Invariant: at most `capacity` (at least 2), no two with the same staircases, the least energy
// first, so that the quality rises too.
class Front {
 public:
  explicit Front(size_t capacity) : capacity_(capacity) {}
  // Of a set of staircases that comes again, the higher quality counts. Where there are too many,
  // the one whose neighbors are nearest to each other in energy goes, but neither end. REQUIRES:
  // quality_gain and energy are numbers.
  void add(Candidate candidate);
  const std::vector<Candidate>& members() const { return members_; }

 private:
  size_t capacity_;
  std::vector<Candidate> members_;
};

}  // namespace tri
