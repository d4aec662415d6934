#include "rl/search/trials.h"

#include <algorithm>

#include "rl/search/evaluator.h"

namespace tri {

const char* const kTrials = "trials";

Trials run_trials(const Objective& objective, const Mixture& mixture, Journal& journal) {
  constexpr int kBatches = 4;
  struct Trial {
    size_t tap;
    TapKind kind;
  };
  std::vector<Trial> trials;
  std::vector<StaircaseSet> students;
  for (size_t tap = 0; tap < mixture.kinds.size(); ++tap)
    for (const TapKind kind : {TapKind::eight_bits, TapKind::three_levels, TapKind::two_levels}) {
      if (!mixture.is_free(tap) || kind == mixture.kinds[tap]) continue;
      trials.push_back({tap, kind});
      students.push_back(mixture.staircases());
      students.back()[tap] = mixture.as(tap, kind);
    }
  const int batches = std::min(kBatches, objective.batches());
  Trials result{TapLosses(mixture.kinds.size()), batches * int(students.size())};
  Evaluator evaluator(objective, mixture.staircases(), 0, journal.of(kTrials, 0));
  for (size_t batch = 0; batch < size_t(batches); ++batch) {
    const Evaluation evaluation = evaluator.evaluate(batch, students);
    if (!evaluator.replays(batch)) journal.append(kTrials, 0, evaluation);
    const double own = objective.quality(evaluation.mse);
    for (size_t i = 0; i < trials.size(); ++i)
      result.losses[trials[i].tap][size_t(trials[i].kind)] +=
          (own - objective.quality(evaluation.parts[i])) / batches;
  }
  return result;
}

}  // namespace tri
