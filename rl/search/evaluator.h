// Evaluation of a search's populations, with replay: from the journal as far as it knows the
// search, then by the objective. What the numbers are worth to a search is left to
// rl/search/search.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rl/search/journal.h"
#include "rl/search/objective.h"

namespace tri {

class Evaluator {
 public:
  // start: what every population is compared with, on its pictures. `objective` must outlive this.
  Evaluator(const Objective& objective, StaircaseSet start, uint64_t seed,
            std::vector<Evaluation> known);
  // Whether the journal knows the update.
  bool replays(size_t update) const { return update < known_.size(); }
  // The population of an update, on the batch of pictures whose turn it is. Throws Error where the
  // journal knows another population.
  Evaluation evaluate(size_t update, const std::vector<StaircaseSet>& population);

 private:
  const Objective& objective_;
  StaircaseSet start_;
  uint64_t seed_;
  std::vector<Evaluation> known_;
  std::vector<std::optional<RewardParts>> of_start_;  // [batches]
};

}  // namespace tri
