// Proximal policy optimization as a search algorithm. How it learns is left to rl/agent/ppo.h.
#include <utility>

#include "rl/algorithms/algorithms.h"

namespace tri {
namespace {

// The first episode of the first batch is the start.
class PpoSearch : public SearchAlgorithm {
 public:
  PpoSearch(const Parametrization& p, const Matrix& layer_states, const PpoOptions& options,
            uint64_t seed)
      : given_{p.start()},
        episodes_(options.episodes),
        ppo_(options, p.states(layer_states), p.widths(), seed) {}
  int population_size() const override { return episodes_; }
  PpoStatistics update(const RewardFunction& reward) override {
    return ppo_.update(reward, std::exchange(given_, {}));
  }
  Actions recommendation() const override { return ppo_.greedy(); }

 private:
  std::vector<Actions> given_;
  int episodes_;
  mutable Ppo ppo_;  // a forward of the network takes its parameters' gradients along
};

}  // namespace

std::unique_ptr<SearchAlgorithm> make_ppo(const AlgorithmSetup& setup, PpoOptions options) {
  options.network.heads = setup.parametrization.heads();
  return std::make_unique<PpoSearch>(setup.parametrization, setup.layer_states, options,
                                     setup.seed);
}

std::unique_ptr<SearchAlgorithm> make_ppo(const AlgorithmSetup& setup) {
  return make_ppo(setup, setup.hyperparameters.ppo);
}

}  // namespace tri
