// Grid search over two global factors, of the thresholds and of the values. Layers are not told
// apart. It goes over the whole grid again and again, on other pictures each time, and adds the
// rewards up.
#include <algorithm>

#include "data/base/check.h"
#include "rl/algorithms/algorithms.h"

namespace tri {
namespace {

class Grid : public SearchAlgorithm {
 public:
  Grid(const Parametrization& p, const GridOptions& o) {
    CHECK(p.has_global_step());
    for (int t = o.first; t <= o.last; ++t)
      for (int v = o.first; v <= o.last; ++v) {
        const uint8_t bin_t = to_bin(kMiddle + o.stride * t),
                      bin_v = to_bin(kMiddle + o.stride * v);
        points_.push_back(p.start());
        points_.back()[0] = {bin_t, bin_v, bin_t, bin_v, kMiddle};
      }
    sums_.resize(points_.size());
  }
  int population_size() const override { return int(points_.size()); }
  PpoStatistics update(const RewardFunction& reward) override {
    const std::vector<double> rewards = reward(points_);
    for (size_t i = 0; i < rewards.size(); ++i) sums_[i] += rewards[i];
    return statistics_of(rewards);
  }
  Actions recommendation() const override {
    return points_[size_t(std::max_element(sums_.begin(), sums_.end()) - sums_.begin())];
  }

 private:
  std::vector<Actions> points_;
  std::vector<double> sums_;
};

}  // namespace

std::unique_ptr<SearchAlgorithm> make_grid(const AlgorithmSetup& setup) {
  return std::make_unique<Grid>(setup.parametrization, setup.hyperparameters.grid);
}

}  // namespace tri
