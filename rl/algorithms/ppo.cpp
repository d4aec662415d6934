// Proximal policy optimization as a search algorithm. How it learns is left to rl/agent/ppo.h.
#include <utility>

#include "data/base/check.h"
#include "rl/algorithms/algorithms.h"

namespace tri {
namespace {

PpoOptions options_of(const AlgorithmSetup& setup) {
  PpoOptions options = setup.hyperparameters.ppo;
  options.network.heads = setup.parametrization.heads();
  return options;
}

// The first episode of the first batch is the start, here and in each of the lessons.
class PpoSearch : public SearchAlgorithm {
 public:
  explicit PpoSearch(const AlgorithmSetup& setup)
      : setup_(setup),
        states_(setup.parametrization.states(setup.layer_states, !setup.portable)),
        ppo_(options_of(setup), states_, setup.parametrization.widths(), setup.seed, setup.agent) {
    CHECK(setup.lessons.empty() || setup.portable);
    for (const Lesson& lesson : setup.lessons)
      CHECK(lesson.parametrization.heads() == setup.parametrization.heads());
  }
  int population_size() const override { return setup_.hyperparameters.ppo.episodes; }
  PpoStatistics update(const RewardFunction& reward) override {
    const bool first = std::exchange(first_, false);
    const auto learn = [&](const Parametrization& p, const RewardFunction& rewards) {
      const std::vector<Actions> start = {p.start()};
      return ppo_.update(rewards,
                         first ? std::span<const Actions>(start) : std::span<const Actions>());
    };
    const PpoStatistics statistics = learn(setup_.parametrization, reward);
    for (const Lesson& lesson : setup_.lessons) {
      ppo_.turn_to(lesson.parametrization.states(lesson.layer_states, false),
                   lesson.parametrization.widths());
      learn(lesson.parametrization, lesson.reward);
    }
    if (!setup_.lessons.empty()) ppo_.turn_to(states_, setup_.parametrization.widths());
    return statistics;
  }
  Actions recommendation() const override { return ppo_.greedy(); }
  std::optional<Agent> agent() const override { return ppo_.agent(setup_.layer_states.cols); }

 private:
  AlgorithmSetup setup_;
  Matrix states_;
  bool first_ = true;
  mutable Ppo ppo_;  // a forward of the network takes its parameters' gradients along
};

}  // namespace

std::unique_ptr<SearchAlgorithm> make_ppo(const AlgorithmSetup& setup) {
  return std::make_unique<PpoSearch>(setup);
}

}  // namespace tri
