// Allocation by sensitivity: the kinds that a knapsack chose from trials of one layer at a time,
// with the mean-square staircases (as HAWQ-V3, Yao et al., ICML 2021, and AutoQuantize of NVIDIA's
// Model Optimizer choose bits). The trials are done before any search, so it asks for no reward.
#include "rl/algorithms/algorithms.h"

namespace tri {
namespace {

class Sensitivity : public SearchAlgorithm {
 public:
  explicit Sensitivity(Actions chosen) : chosen_(std::move(chosen)) {}
  int population_size() const override { return 0; }
  PpoStatistics update(const RewardFunction&) override { return {}; }
  Actions recommendation() const override { return chosen_; }

 private:
  Actions chosen_;
};

}  // namespace

std::unique_ptr<SearchAlgorithm> make_sensitivity(const AlgorithmSetup& setup) {
  const Parametrization& p = setup.parametrization;
  return std::make_unique<Sensitivity>(setup.allocation ? p.start_with(*setup.allocation)
                                                        : p.start());
}

}  // namespace tri
