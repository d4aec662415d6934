// The hyper-parameters of all search algorithms: every default with its meaning. PPO's own stand in
// rl/agent/ppo.h.
#pragma once

#include "rl/agent/ppo.h"

namespace tri {

struct GridOptions {
  int first = -1, last = 4;  // multiples of the stride that are tried, of thresholds and values
  int stride = kBins / 16;   // bins: a factor of 2^(1/8)
};

struct RandomOptions {
  int population = 20;  // parameter sets an update
};

struct GreedyOptions {
  double centered_stride = 24;  // bins of the first sweep's moves around the start
  double raw_stride = 64;       // of those where there is no prior
};

// Rates: smoothing (Rubinstein and Kroese, 2004), as a population is small beside the dimensions.
struct CemOptions {
  int population = 20;         // parameter sets an update
  double elite = 0.25;         // the share of them that the distributions move towards
  double mean_rate = 0.7;      // of the way to the elite's mean
  double variance_rate = 0.2;  // of the way to the elite's variance
};

struct Hyperparameters {
  GridOptions grid;
  RandomOptions random;
  GreedyOptions greedy;
  CemOptions cem;
  PpoOptions ppo;
};

}  // namespace tri
