// Thresholds of a student that costs a little too much.
#pragma once

#include "rl/search/objective.h"

namespace tri {

// The same staircases with thresholds a code higher in some taps: in those where the objective's
// pictures say that it costs least reward for each microjoule, as many as should bring the student
// to `share` (below 1) of its energy; in all that save any, where these are not enough. Only the
// staircases change: weights and biases stay those of `student`.
StaircaseSet with_higher_thresholds(const IntNet& student, const StaircaseSet& staircases,
                                    const Objective& objective, double share);

}  // namespace tri
