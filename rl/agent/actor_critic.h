// Actor-critic network: a shared body, categorical heads of 256 (t1, v1, t2, v2 and, of mixtures,
// the kind) and a critic. How it learns is left to rl/agent/ppo.
//
// The 256 bins of a head are points on a line, and neighbors are worth about the same. So the
// network does not say 256 logits but the two coefficients of a parabola over the bins, which is
// added to the logits of the prior's bell: the first moves the bell, the second makes it narrower
// or wider. Both start near zero: the policy starts as the prior. A reward then tells about all
// bins at once; with free logits it tells about the one that was drawn.
#pragma once

#include <span>
#include <vector>

#include "rl/agent/agent.h"
#include "rl/agent/mlp.h"
#include "rl/agent/parametrization.h"
#include "rl/agent/tape.h"

namespace tri {

struct ActorCriticOptions {
  std::vector<int> hidden = {64};  // widths of the shared body
  int heads = kStaircaseHeads;     // the first ones of an action's numbers
  // Of the output layers' first weights; a small one leaves the start to the prior.
  double actor_gain = 0.01, critic_gain = 1;
};

class ActorCritic {
 public:
  ActorCritic(int features, const ActorCriticOptions& options, Rng rng);

  struct Output {
    Tape::Var log_probs;  // [n * heads][kBins]: row i * heads + head
    Tape::Var values;     // [n][1]
  };
  // states: [n][features]; widths: [n], of the prior's bells in bins, 0 for a uniform prior.
  Output forward(Tape& tape, const Matrix& states, const std::vector<double>& widths);

  // Takes over an agent's numbers; REQUIRES: the same body and heads, at most as many features.
  // Features that the agent does not know say nothing at first.
  void start_from(const Agent& agent);
  // The numbers without those of the features from `features` on.
  Agent agent(int features) const;
  // How many there are.
  static size_t parameter_count(int features, const std::vector<int>& hidden, int heads);

  Parameters parameters;

 private:
  int features_, heads_;
  std::vector<int> hidden_;
  Mlp body_;
  Linear actor_, critic_;
};

// A quantile 0..1 of each head's distribution. Uniformly random ones draw from the policy.
using Quantiles = std::vector<double>;  // [heads]
Quantiles random_quantiles(Rng& rng, int heads);

// On log_probs as forward() makes them, for the state i: the action at these quantiles, and the
// most likely one. Numbers without a head stay in the middle.
Action sample(const Matrix& log_probs, int i, const Quantiles& quantiles);
Action mode(const Matrix& log_probs, int i, int heads);

// [steps][1]: the log-probability of actions[s] in state rows[s], the sum over the heads.
Tape::Var log_prob(Tape& tape, Tape::Var log_probs, int heads, std::span<const int> rows,
                   std::span<const Action> actions);
// [n][1]: the entropy of the policy in each state in nats, the sum over the heads.
Tape::Var entropy(Tape& tape, Tape::Var log_probs, int heads);
// [heads]: of each head, the mean over the states.
std::vector<double> head_entropies(const Matrix& log_probs, int heads);

}  // namespace tri
