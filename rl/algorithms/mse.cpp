// The baseline: the start alone, each layer's staircase with the least mean squared error. It asks
// for no reward.
#include "rl/algorithms/algorithms.h"

namespace tri {
namespace {

class Mse : public SearchAlgorithm {
 public:
  explicit Mse(const Parametrization& p) : start_(p.start()) {}
  int population_size() const override { return 0; }
  PpoStatistics update(const RewardFunction&) override { return {}; }
  Actions recommendation() const override { return start_; }

 private:
  Actions start_;
};

}  // namespace

std::unique_ptr<SearchAlgorithm> make_mse(const AlgorithmSetup& setup) {
  return std::make_unique<Mse>(setup.parametrization);
}

}  // namespace tri
