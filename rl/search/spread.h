// The students of a batch spread over ranks: what one process would compute, number for number, as
// each student is judged alone.
#pragma once

#include <vector>

#include "rl/search/objective.h"
#include "rl/search/ranks.h"

namespace tri {

// Rank 0: from here on the objective's batches are computed by all ranks, each of which must be in
// work_for(), until this ends; it then lets them go. Both arguments must outlive it.
class Spread {
 public:
  Spread(const Ranks& ranks, Objective& objective);
  ~Spread();
  Spread(const Spread&) = delete;
  Spread& operator=(const Spread&) = delete;

 private:
  const Ranks& ranks_;
  Objective& objective_;
};

// The other ranks: computes their share of every batch until rank 0 lets go. The objective is to be
// made as that of rank 0.
void work_for(const Ranks& ranks, const Objective& objective);

}  // namespace tri
