// A search spread over ranks: the students of a batch, or batches where the students are few; those
// that held-out pictures rank, or their batches; and the test set's pictures. What one process
// would compute, number for number, as each student is judged alone, and what is counted adds up.
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

// Rank 0: from here on batches of search, and what deploy.h asks of held_out, are computed by all
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
  std::vector<RewardParts> of_few(int batch, const std::vector<StaircaseSet>& students);

  const Ranks& ranks_;
  Shared shared_;
  // Of few students, on batches that nobody has asked for yet.
  std::vector<StaircaseSet> few_;
  std::map<int, std::vector<RewardParts>> ahead_;
};

// The other ranks: computes their share of the students until rank 0 lets go.
void work_for(const Ranks& ranks, const Shared& shared);

}  // namespace tri
