// The best distinct parameter sets of a search so far.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "rl/search/candidate.h"

namespace tri {

// Invariant: at most `capacity` candidates, no two with the same staircases, the highest score
// first; of equal scores the one added first.
class Archive {
 public:
  // score: what counts, &Candidate::reward or &Candidate::gain.
  Archive(size_t capacity, double Candidate::*score) : capacity_(capacity), score_(score) {}
  // Of a set of staircases that comes again, the higher score counts. Returns whether the
  // candidate was kept. REQUIRES: its score is a number.
  bool add(Candidate candidate);
  const std::vector<Candidate>& best() const { return best_; }

 private:
  size_t capacity_;
  double Candidate::*score_;
  std::vector<Candidate> best_;
};

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
  // the one whose neighbours are nearest to each other in energy goes, but neither end. REQUIRES:
  // quality_gain and energy are numbers.
  void add(Candidate candidate);
  const std::vector<Candidate>& members() const { return members_; }

 private:
  size_t capacity_;
  std::vector<Candidate> members_;
};

}  // namespace tri
