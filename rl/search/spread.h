// A search spread over ranks: the students of a batch, those that held-out pictures rank, and the
// test set's pictures. What one process would compute, number for number, as each student is judged
// alone, and what is counted adds up.
#pragma once

#include <map>
#include <vector>

#include "data/base/ranks.h"
#include "rl/search/deploy.h"

namespace tri {

// What every rank has of its own, made alike.
struct Shared {
  Objective &search, &held_out;
  const StudentBuilder& builder;  // of what held_out judges
  const Dataset& test;
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
  // What the network does with the test set.
  Recording record(const Model& model) const;

 private:
  std::vector<Bytes> ask(Bytes question) const;
  RewardParts of_one(int batch, const StaircaseSet& student);

  const Ranks& ranks_;
  Shared shared_;
  // Of a single student, on batches that nobody has asked for yet.
  StaircaseSet student_;
  std::map<int, RewardParts> ahead_;
};

// The other ranks: computes their share of the students until rank 0 lets go.
void work_for(const Ranks& ranks, const Shared& shared);

}  // namespace tri
