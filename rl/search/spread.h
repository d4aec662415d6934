// Students spread over ranks, those of a batch and those that held-out pictures rank: what one
// process would compute, number for number, as each student is judged alone.
#pragma once

#include <vector>

#include "data/base/ranks.h"
#include "rl/search/deploy.h"

namespace tri {

// What every rank has of its own, made alike.
struct Shared {
  Objective &search, &held_out;
  const StudentBuilder& builder;  // of what held_out judges
};

// Rank 0: from here on batches of search, and what rescore() asks of held_out, are computed by all
// ranks, each of which must be in work_for(), until this ends; it then lets them go. All arguments
// must outlive it.
class Spread {
 public:
  Spread(const Ranks& ranks, const Shared& shared);
  ~Spread();
  Spread(const Spread&) = delete;
  Spread& operator=(const Spread&) = delete;

 private:
  std::vector<Bytes> all_shares(int batch, const std::vector<StaircaseSet>& students) const;

  const Ranks& ranks_;
  Shared shared_;
};

// The other ranks: computes their share of the students until rank 0 lets go.
void work_for(const Ranks& ranks, const Shared& shared);

}  // namespace tri
