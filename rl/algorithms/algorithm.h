// The algorithms that propose parameter sets: one interface, so that they differ in nothing else.
//
// An update proposes a generation and is told its rewards, which are comparable within the
// generation alone: the next one may be judged on other pictures.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rl/agent/parametrisation.h"
#include "rl/agent/ppo.h"

namespace tri {

class SearchAlgorithm {
 public:
  virtual ~SearchAlgorithm() = default;
  // Parameter sets the next update will ask about; 0: there is nothing left to try.
  virtual int population_size() const = 0;
  // What PPO has to say of itself stays 0 for the others.
  virtual PpoStatistics update(const RewardFunction& reward) = 0;
  // What it would propose if it had one guess, and what evolution strategies call the
  // recommendation. It need not have been evaluated.
  virtual Actions recommendation() const = 0;
};

// mse: the start alone. grid: two global factors, of the thresholds and of the values, 6 x 6.
// random: samples of the prior. greedy: coordinate descent, step by step of the parametrisation,
// its stride halved after every sweep. cem: the cross-entropy method (Rubinstein, 1999), normal
// distributions over the bins. ppo: rl/agent/ppo.h.
const std::vector<std::string>& algorithm_names();  // in this order

// name: one of these; grid needs a global step. layer_states: [taps][features] (rl/agent/state.h). All
// but grid and mse depend on the seed or on ties alone.
std::unique_ptr<SearchAlgorithm> make_algorithm(const std::string& name,
                                                const Parametrisation& parametrisation,
                                                const Matrix& layer_states,
                                                const PpoOptions& options, uint64_t seed);

}  // namespace tri
