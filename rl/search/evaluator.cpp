#include "rl/search/evaluator.h"

#include <utility>

#include "data/base/error.h"

namespace tri {

Evaluator::Evaluator(const Objective& objective, StaircaseSet start, uint64_t seed,
                     std::vector<Evaluation> known)
    : objective_(objective),
      start_(std::move(start)),
      seed_(seed),
      known_(std::move(known)),
      of_start_(size_t(objective.batches())) {}

Evaluation Evaluator::evaluate(size_t update, const std::vector<StaircaseSet>& population) {
  const size_t batch = (seed_ + update) % of_start_.size();
  std::optional<RewardParts>& start = of_start_[batch];
  const uint64_t hash = Evaluation::hash(population);
  if (replays(update)) {
    const Evaluation& evaluation = known_[update];
    if (evaluation.students != hash || evaluation.parts.size() != population.size())
      throw Error(
          "the journal's search went another way (with another version of this program "
          "or on another kind of machine): start anew without --resume");
    start = evaluation.mse;
    return evaluation;
  }
  if (!start) start = objective_.on_batch(int(batch), {start_}).front();
  return {hash, *start, objective_.on_batch(int(batch), population)};
}

}  // namespace tri
