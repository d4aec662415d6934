// From the archive to the student: the best candidates on the whole test set, and the choice.
#pragma once

#include <span>
#include <vector>

#include "distill/evaluate.h"
#include "rl/search.h"

namespace tri {

// A candidate and what it is worth on the test set.
struct Deployed {
  Candidate candidate;
  Measures measures;
};

// Which one to deploy: the one with the highest score, and whether it is within `max_drop` of the
// teacher's. The score is the accuracy, or the agreement where there are no labels; of equals the
// one with the higher reward, as they come best reward first.
struct Choice {
  size_t index;
  bool within;
};
Choice choose(std::span<const Deployed> candidates, double teacher_score, double max_drop,
              bool labelled);

// What a search is worth on the test set. candidates: the archive's, best reward first.
struct Verdict {
  Measures teacher;
  Deployed mse;
  std::vector<Deployed> candidates;
  Choice choice;
};
Verdict deploy(const IntNet& net, const Dataset& test, bool labelled, const SearchResult& found,
               double max_drop);

}  // namespace tri
