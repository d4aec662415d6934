#include "rl/algorithms/algorithm.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/base/check.h"

namespace tri {
namespace {

PpoStatistics statistics_of(const std::vector<double>& rewards) {
  PpoStatistics s;
  s.reward_best = *std::max_element(rewards.begin(), rewards.end());
  s.reward_mean = std::accumulate(rewards.begin(), rewards.end(), 0.0) / double(rewards.size());
  return s;
}

uint8_t to_bin(double x) { return uint8_t(std::clamp(std::round(x), 0.0, kBins - 1.0)); }

class Start : public SearchAlgorithm {
 public:
  explicit Start(const Parametrisation& p) : start_(p.start()) {}
  int population_size() const override { return 0; }
  PpoStatistics update(const RewardFunction&) override { return {}; }
  Actions recommendation() const override { return start_; }

 private:
  Actions start_;
};

// Goes over the whole grid again and again, on other pictures each time, and adds the rewards up.
class Grid : public SearchAlgorithm {
 public:
  explicit Grid(const Parametrisation& p) {
    CHECK(p.has_global_step());
    constexpr int kStride = kBins / 16;  // 2^(1/8)
    for (int t = -1; t <= 4; ++t)
      for (int v = -1; v <= 4; ++v) {
        const auto bin_t = uint8_t(kMiddle + kStride * t), bin_v = uint8_t(kMiddle + kStride * v);
        points_.push_back(p.start());
        points_.back()[0] = {bin_t, bin_v, bin_t, bin_v};
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

// One step of the parametrisation an update: the incumbent against itself with one of the step's
// four numbers (in the global step also two and all of them) moved up or down by the stride.
class Greedy : public SearchAlgorithm {
 public:
  explicit Greedy(const Parametrisation& p)
      : best_(p.start()), global_(p.has_global_step()), stride_(global_ ? 24 : 64) {}
  int population_size() const override { return best_.empty() ? 0 : 1 + 2 * moves(); }
  PpoStatistics update(const RewardFunction& reward) override {
    // Sets of t1, v1, t2, v2 as bits: each alone, then thresholds, values, all.
    constexpr int kSets[] = {1, 2, 4, 8, 5, 10, 15};
    std::vector<Actions> tried = {best_};
    for (int set = 0; set < moves(); ++set)
      for (const int sign : {-1, 1}) {
        tried.push_back(best_);
        for (int head = 0; head < kHeads; ++head) {
          uint8_t& bin = tried.back()[step_][size_t(head)];
          if (kSets[set] >> head & 1) bin = to_bin(bin + sign * stride_);
        }
      }
    const std::vector<double> rewards = reward(tried);
    best_ = tried[size_t(std::max_element(rewards.begin(), rewards.end()) - rewards.begin())];
    if (++step_ == best_.size()) {
      step_ = 0;
      stride_ = std::max(1.0, stride_ / 2);
    }
    return statistics_of(rewards);
  }
  Actions recommendation() const override { return best_; }

 private:
  int moves() const { return global_ && step_ == 0 ? 7 : 4; }
  Actions best_;
  bool global_;
  size_t step_ = 0;
  double stride_;
};

// Each number is drawn from its own normal distribution, which moves towards the best quarter of
// every generation, better ones weighing more (weights as in CMA-ES: Hansen, arXiv 1604.00772).
class CrossEntropy : public SearchAlgorithm {
 public:
  CrossEntropy(const Parametrisation& p, int population, uint64_t seed)
      : steps_(size_t(p.steps())), population_(population), rng_(seed, 3) {
    for (const double width : p.widths())
      // A uniform prior's standard deviation is that of 256 equal bins.
      deviation_.insert(deviation_.end(), kHeads, width > 0 ? width : kBins / std::sqrt(12.0));
    mean_.resize(deviation_.size(), kMiddle);
    elites_ = std::max(1, population / 4);
    for (int i = 0; i < elites_; ++i)
      weights_.push_back(std::log(elites_ + 0.5) - std::log(i + 1.0));
    const double sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
    for (double& w : weights_) w /= sum;
  }
  int population_size() const override { return population_; }
  PpoStatistics update(const RewardFunction& reward) override {
    std::vector<Actions> drawn;
    for (int i = 0; i < population_; ++i) {
      std::vector<double> x = mean_;
      if (!first_ || i > 0)  // the start itself is the first of the first generation
        for (size_t j = 0; j < x.size(); ++j) x[j] += deviation_[j] * rng_.normal();
      drawn.push_back(to_actions(x));
    }
    first_ = false;
    const std::vector<double> rewards = reward(drawn);
    std::vector<int> order(drawn.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return rewards[size_t(a)] > rewards[size_t(b)]; });
    for (size_t j = 0; j < mean_.size(); ++j) {
      double mean = 0, squares = 0;
      for (int i = 0; i < elites_; ++i) {
        const double x = drawn[size_t(order[size_t(i)])][j / kHeads][j % kHeads];
        mean += weights_[size_t(i)] * x;
        squares += weights_[size_t(i)] * (x - mean_[j]) * (x - mean_[j]);
      }
      mean_[j] += kMeanRate * (mean - mean_[j]);
      const double variance = deviation_[j] * deviation_[j];
      deviation_[j] = std::sqrt(variance + kVarianceRate * (squares - variance));
    }
    return statistics_of(rewards);
  }
  Actions recommendation() const override { return to_actions(mean_); }

 private:
  // Smoothing (Rubinstein and Kroese, 2004): a generation is small beside the dimensions.
  static constexpr double kMeanRate = 0.7, kVarianceRate = 0.2;
  Actions to_actions(const std::vector<double>& x) const {
    Actions actions(steps_);
    for (size_t j = 0; j < x.size(); ++j) actions[j / kHeads][j % kHeads] = to_bin(x[j]);
    return actions;
  }
  size_t steps_;
  int population_, elites_;
  Rng rng_;
  bool first_ = true;
  std::vector<double> mean_, deviation_, weights_;  // [steps * kHeads]; [elites]
};

// The first episode of the first batch is the start. Without epochs the policy never learns: that
// is random search.
class Agent : public SearchAlgorithm {
 public:
  Agent(const Parametrisation& p, const Matrix& layer_states, const PpoOptions& options,
        uint64_t seed)
      : given_{p.start()},
        episodes_(options.episodes),
        ppo_(options, p.states(layer_states), p.widths(), seed) {}
  int population_size() const override { return episodes_; }
  PpoStatistics update(const RewardFunction& reward) override {
    const PpoStatistics statistics = ppo_.update(reward, given_);
    given_.clear();
    return statistics;
  }
  Actions recommendation() const override { return ppo_.greedy(); }

 private:
  std::vector<Actions> given_;
  int episodes_;
  mutable Ppo ppo_;  // a forward of the network takes its parameters' gradients along
};

}  // namespace

const std::vector<std::string>& algorithm_names() {
  static const std::vector<std::string> names = {"mse", "grid", "random", "greedy", "cem", "ppo"};
  return names;
}

std::unique_ptr<SearchAlgorithm> make_algorithm(const std::string& name, const Parametrisation& p,
                                                const Matrix& layer_states,
                                                const PpoOptions& options, uint64_t seed) {
  if (name == "mse") return std::make_unique<Start>(p);
  if (name == "grid") return std::make_unique<Grid>(p);
  if (name == "greedy") return std::make_unique<Greedy>(p);
  if (name == "cem") return std::make_unique<CrossEntropy>(p, options.episodes, seed);
  CHECK(name == "ppo" || name == "random");
  PpoOptions agent = options;
  if (name == "random") agent.epochs = 0, agent.antithetic = false;
  return std::make_unique<Agent>(p, layer_states, agent, seed);
}

}  // namespace tri
