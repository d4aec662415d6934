// Greedy coordinate descent. One step of the parametrization an update: the incumbent against
// itself with one of the step's four numbers (in the global step also two and all of them) moved up
// or down by the stride, which halves after every sweep; of a mixture, one layer's kind by one. It
// never goes back.
#include <algorithm>

#include "rl/algorithms/algorithms.h"

namespace tri {
namespace {

class Greedy : public SearchAlgorithm {
 public:
  Greedy(const Parametrization& p, const GreedyOptions& o)
      : best_(p.start()),
        global_(p.has_global_step()),
        centered_(p.is_centered()),
        mixed_(p.heads() == kHeads),
        stride_(centered_ ? o.centered_stride : o.raw_stride) {}
  int population_size() const override { return best_.empty() ? 0 : 1 + 2 * moves(); }
  PpoStatistics update(const RewardFunction& reward) override {
    // Sets of t1, v1, t2, v2 and the kind as bits. Of all layers: each alone, then thresholds,
    // values, all; of one: each alone.
    constexpr int kGlobal[] = {1, 2, 4, 8, 5, 10, 15}, kLayer[] = {1, 2, 4, 8, 16};
    const int* sets = in_global_step() ? kGlobal : kLayer;
    std::vector<Actions> tried = {best_};
    for (int set = 0; set < moves(); ++set)
      for (const int sign : {-1, 1}) {
        tried.push_back(best_);
        for (int head = 0; head < kHeads; ++head) {
          uint8_t& bin = tried.back()[step_][size_t(head)];
          const double stride = head == kKindHead ? kind_stride() : stride_;
          if (sets[set] >> head & 1) bin = to_bin(bin + sign * stride);
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
  bool in_global_step() const { return global_ && step_ == 0; }
  int moves() const { return in_global_step() ? 7 : mixed_ ? 5 : 4; }
  // Bins between neighboring kinds: rl/agent/parametrization.h.
  double kind_stride() const {
    return centered_ ? kMiddle / kKindsAnOctave : double(kBins) / kTapKinds;
  }
  Actions best_;
  bool global_, centered_, mixed_;
  size_t step_ = 0;
  double stride_;
};

}  // namespace

std::unique_ptr<SearchAlgorithm> make_greedy(const AlgorithmSetup& setup) {
  return std::make_unique<Greedy>(setup.parametrization, setup.hyperparameters.greedy);
}

}  // namespace tri
