#include "rl/search/thresholds.h"

#include <algorithm>
#include <vector>

namespace tri {
namespace {

struct Step {
  size_t tap;
  TriSegment f;
  double saved;  // of the teacher's energy
  double price;  // reward for it
};

// The first threshold a code higher, and both.
std::vector<TriSegment> higher(const TriSegment& f) {
  std::vector<TriSegment> result;
  if (f.t1 < f.t2) result.push_back({uint8_t(f.t1 + 1), f.v1, f.t2, f.v2});
  if (f.t2 < 255) result.push_back({uint8_t(f.t1 + 1), f.v1, uint8_t(f.t2 + 1), f.v2});
  return result;
}

}  // namespace

StaircaseSet with_higher_thresholds(const IntNet& student, const StaircaseSet& staircases,
                                    const Objective& objective, double share) {
  const Candidate now = objective.on_all(student, staircases);
  std::vector<Step> steps;
  for (size_t tap = 0; tap < staircases.size(); ++tap) {
    if (!staircases[tap]) continue;
    for (const TriSegment& f : higher(*staircases[tap])) {
      StaircaseSet set = staircases;
      set[tap] = f;
      const Candidate c = objective.on_all(student, set);
      const double saved = now.parts.energy - c.parts.energy;
      if (saved > 0) steps.push_back({tap, f, saved, (now.reward - c.reward) / saved});
    }
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.price < b.price; });
  StaircaseSet result = staircases;
  double excess = (1 - share) * now.parts.energy;
  for (const Step& step : steps) {
    if (excess <= 0) break;
    if (result[step.tap] != staircases[step.tap]) continue;  // a better one was taken
    result[step.tap] = step.f;
    excess -= step.saved;
  }
  return result;
}

}  // namespace tri
