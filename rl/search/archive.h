// The best distinct parameter sets of a search so far.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "distill/judge/reward.h"
#include "engine/arithmetic/trisegment.h"

namespace tri {

// A staircase for every layer, and what it earned: reward, and its parts (distill/).
struct Candidate {
  StaircaseSet f;
  double reward = 0, kl = 0, attention = 0, agreement = 0;
  double energy = 0;  // over the teacher's; 0 where it is not counted
};
Candidate candidate(StaircaseSet f, const Reward::Parts& parts);

// Invariant: at most `capacity` candidates, no two with the same staircases, the highest reward
// first; of equal rewards the one added first.
class Archive {
 public:
  explicit Archive(size_t capacity) : capacity_(capacity) {}
  // Of a set of staircases that comes again, the higher reward counts. Returns whether the
  // candidate was kept. REQUIRES: its reward is a number.
  bool add(Candidate candidate);
  const std::vector<Candidate>& best() const { return best_; }

 private:
  size_t capacity_;
  std::vector<Candidate> best_;
};

// Which points no other one dominates, having at least the value for at most the cost (and of
// equals the first): their indices, the least cost first, so that values rise too.
std::vector<size_t> pareto(std::span<const double> values, std::span<const double> costs);

// The candidates that no other one dominates in reward and energy.
// Invariant: at most `capacity` (at least 2), no two with the same staircases, the least energy
// first, so that rewards rise too.
class Front {
 public:
  explicit Front(size_t capacity) : capacity_(capacity) {}
  // Of a set of staircases that comes again, the higher reward counts. Where there are too many,
  // the one whose neighbours are nearest to each other in energy goes, but neither end. REQUIRES:
  // reward and energy are numbers.
  void add(Candidate candidate);
  const std::vector<Candidate>& members() const { return members_; }

 private:
  size_t capacity_;
  std::vector<Candidate> members_;
};

}  // namespace tri
