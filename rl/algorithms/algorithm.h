// Black-box search algorithms, which propose parameter sets: one interface, so that they differ in
// nothing else. What a parameter set means is left to rl/agent/parametrization.h, what it earns to
// the caller.
//
// An update proposes a population and is told its rewards, which are comparable within the
// population alone: the next one may be judged on other pictures.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rl/agent/parametrization.h"
#include "rl/algorithms/hyperparameters.h"

namespace tri {

class SearchAlgorithm {
 public:
  virtual ~SearchAlgorithm() = default;
  // Parameter sets the next update will ask about; 0: there is nothing left to try.
  virtual int population_size() const = 0;
  // What PPO has to say of itself stays 0 for the others.
  virtual PpoStatistics update(const RewardFunction& reward) = 0;
  // What it would propose if it had one guess, and what evolution strategies call the
  // recommendation. It need not have been evaluated.
  virtual Actions recommendation() const = 0;
  // What it has learned that another search may start from; only PPO has something to say.
  virtual std::optional<Agent> agent() const { return std::nullopt; }
};

// What else an agent learns on, in turns: other students, of another network maybe.
struct Lesson {
  Parametrization parametrization;
  Matrix layer_states;
  RewardFunction reward;
};

struct AlgorithmSetup {
  const Parametrization& parametrization;
  const Matrix& layer_states;  // [taps][features] (rl/agent/state.h)
  Hyperparameters hyperparameters;
  uint64_t seed;
  const TapKinds* allocation = nullptr;  // the kinds that sensitivity proposes; null: the start's
  // Of PPO alone. agent: what it starts from; null: the prior. portable: it learns by what it sees
  // of layers alone, not by which they are, so that another search can start from it.
  const Agent* agent = nullptr;
  bool portable = false;
  std::span<const Lesson> lessons = {};  // after each update, one on each of them
};

const std::vector<std::string>& algorithm_names();  // in the order of the table in algorithm.cpp

// name: one of these; grid needs a global step. All but grid, mse and sensitivity depend on the
// seed or on ties alone. What the setup points to must outlive the algorithm.
std::unique_ptr<SearchAlgorithm> make_algorithm(const std::string& name,
                                                const AlgorithmSetup& setup);

}  // namespace tri
