// Elite archive: the best distinct parameter sets of a search so far. What makes one better is left
// to whoever scores them.
#pragma once

#include <cstddef>
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

}  // namespace tri
