// Random search: samples of the prior, which is the policy of an agent that never learns. It draws
// each by itself, not in pairs.
#include "rl/algorithms/algorithms.h"

namespace tri {

std::unique_ptr<SearchAlgorithm> make_random(const AlgorithmSetup& setup) {
  return make_ppo(
      setup,
      {.episodes = setup.hyperparameters.random.population, .antithetic = false, .epochs = 0});
}

}  // namespace tri
