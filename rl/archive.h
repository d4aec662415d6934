// The best distinct parameter sets of a search so far.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/trisegment.h"

namespace tri {

// A staircase for every layer, and what it earned: reward, and its parts (distill/).
struct Candidate {
  StaircaseSet f;
  double reward = 0, kl = 0, attention = 0;
};

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

}  // namespace tri
