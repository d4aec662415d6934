// Random search: samples of the prior, which is the policy of an agent that never learns. It draws
// each by itself, not in pairs.
#include "rl/algorithms/algorithms.h"

namespace tri {

std::unique_ptr<SearchAlgorithm> make_random(const AlgorithmSetup& setup) {
  AlgorithmSetup policy = setup;
  policy.hyperparameters.ppo = {
      .episodes = setup.hyperparameters.random.population, .antithetic = false, .epochs = 0};
  policy.agent = nullptr, policy.lessons = {};
  return make_ppo(policy);
}

}  // namespace tri
