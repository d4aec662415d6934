// The cross-entropy method (Rubinstein, 1999), with normal distributions over the bins. Each number
// is drawn from its own, which moves towards the elite of every population, better ones weighing
// more (weights as in CMA-ES: Hansen, arXiv 1604.00772). Correlations are left out.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/base/check.h"
#include "rl/algorithms/algorithms.h"

namespace tri {
namespace {

class CrossEntropy : public SearchAlgorithm {
 public:
  CrossEntropy(const Parametrization& p, const CemOptions& options, uint64_t seed)
      : steps_(size_t(p.steps())), heads_(size_t(p.heads())), options_(options), rng_(seed, 3) {
    CHECK(options.population > 0);
    for (const double width : p.widths())
      // A uniform prior's standard deviation is that of 256 equal bins.
      deviation_.insert(deviation_.end(), heads_, width > 0 ? width : kBins / std::sqrt(12.0));
    mean_.resize(deviation_.size(), kMiddle);
    const int elites = std::clamp(int(options.elite * options.population), 1, options.population);
    for (int i = 0; i < elites; ++i) weights_.push_back(std::log(elites + 0.5) - std::log(i + 1.0));
    const double sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
    for (double& w : weights_) w /= sum;
  }
  int population_size() const override { return options_.population; }
  PpoStatistics update(const RewardFunction& reward) override {
    std::vector<Actions> drawn;
    for (int i = 0; i < options_.population; ++i) {
      std::vector<double> x = mean_;
      if (!first_ || i > 0)  // the start itself is the first of the first population
        for (size_t j = 0; j < x.size(); ++j) x[j] += deviation_[j] * rng_.normal();
      drawn.push_back(to_actions(x));
    }
    first_ = false;
    const std::vector<double> rewards = reward(drawn);
    std::vector<size_t> order(drawn.size());
    std::iota(order.begin(), order.end(), size_t(0));
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return rewards[a] > rewards[b]; });
    for (size_t j = 0; j < mean_.size(); ++j) {
      double mean = 0, squares = 0;
      for (size_t i = 0; i < weights_.size(); ++i) {
        const double x = drawn[order[i]][j / heads_][j % heads_];
        mean += weights_[i] * x;
        squares += weights_[i] * (x - mean_[j]) * (x - mean_[j]);
      }
      mean_[j] += options_.mean_rate * (mean - mean_[j]);
      const double variance = deviation_[j] * deviation_[j];
      deviation_[j] = std::sqrt(variance + options_.variance_rate * (squares - variance));
    }
    return statistics_of(rewards);
  }
  Actions recommendation() const override { return to_actions(mean_); }

 private:
  Actions to_actions(const std::vector<double>& x) const {
    Actions actions(steps_, kMiddles);
    for (size_t j = 0; j < x.size(); ++j) actions[j / heads_][j % heads_] = to_bin(x[j]);
    return actions;
  }
  size_t steps_, heads_;
  CemOptions options_;
  Rng rng_;
  bool first_ = true;
  std::vector<double> mean_, deviation_;  // [steps * heads]
  std::vector<double> weights_;           // of the elite, the best first
};

}  // namespace

std::unique_ptr<SearchAlgorithm> make_cem(const AlgorithmSetup& setup) {
  return std::make_unique<CrossEntropy>(setup.parametrization, setup.hyperparameters.cem,
                                        setup.seed);
}

}  // namespace tri
