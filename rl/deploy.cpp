#include "rl/deploy.h"

#include "engine/check.h"

namespace tri {

Choice choose(std::span<const Deployed> candidates, double teacher_score, double max_drop,
              bool labelled) {
  CHECK(!candidates.empty());
  const auto score = [&](size_t i) {
    return labelled ? candidates[i].measures.accuracy : candidates[i].measures.agreement;
  };
  size_t best = 0;
  for (size_t i = 0; i < candidates.size(); ++i)
    if (score(i) > score(best)) best = i;
  return {best, score(best) >= teacher_score - max_drop};
}

}  // namespace tri
