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

Verdict deploy(const IntNet& net, const Dataset& test, bool labelled, const SearchResult& found,
               double max_drop) {
  Verdict v;
  const std::vector<int32_t> teacher_logits = logits_of(net, test);
  v.teacher = {accuracy(teacher_logits, test.labels, kClasses), 1, 0, 0};
  const auto measured = [&](const Candidate& c) {
    return Deployed{c, measure(net, test, teacher_logits, staircases(net, c.f))};
  };
  v.mse = measured(found.mse);
  for (const Candidate& c : found.archive.best())
    v.candidates.push_back(c.f == found.mse.f ? v.mse : measured(c));
  v.choice = choose(v.candidates, labelled ? v.teacher.accuracy : 1, max_drop, labelled);
  return v;
}

}  // namespace tri
