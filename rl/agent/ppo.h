// Proximal policy optimization, PPO (Schulman et al., arXiv 1707.06347), with its clipped loss. An
// episode chooses one action a step (rl/agent/parametrization.h), from the first to the last, and
// is rewarded once, at its end. What the actions mean and what earns rewards is left to the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "rl/agent/actor_critic.h"
#include "rl/agent/adam.h"

namespace tri {

// Every hyper-parameter, with its default and meaning.
struct PpoOptions {
  int episodes = 20;  // complete parameter sets evaluated per update
  // Episodes come in pairs, the second one on the other side of each head's median, as far from it
  // as the first: what a step in one direction earns and one in the other loses does not drown in
  // what both do (mirrored sampling: Brockhoff et al., PPSN 2010).
  bool antithetic = true;
  int epochs = 20;              // passes over an update's steps; 0: the policy never learns
  int minibatches = 1;          // gradient steps per epoch
  double learning_rate = 2e-3;  // Adam's
  AdamOptions adam = {};        // beta1, beta2, epsilon: rl/agent/adam.h
  int anneal_updates = 0;       // the rate falls linearly to 0 over so many updates; 0: constant
  double clip = 0.4;            // the probability ratio gains nothing outside 1 - clip..1 + clip
  bool critic = true;  // advantages count from its values; else from 0, and it never learns
  double value_coefficient = 0.5;      // weight of the critic's loss
  double entropy_coefficient = 0.001;  // weight of the entropy bonus, per nat
  double gamma = 1;   // discount; 1, as the one reward comes after a fixed number of steps
  double lambda = 1;  // of GAE; 1: the whole return, no bootstrap from the critic
  double max_gradient_norm = 0.5;  // L2, of all parameters together
  double target_kl = 0;        // stop an update after an epoch with a larger approx_kl; 0: never
  bool centered_ranks = true;  // rewards count by their rank in the batch (see centered_ranks())
  bool normalize_advantages = true;  // to mean 0 and standard deviation 1 over the batch
  ActorCriticOptions network = {};   // hidden, gains: rl/agent/actor_critic.h
};

// A batch of parameter sets [episodes][steps] -> the reward of each, a finite number.
using RewardFunction = std::function<std::vector<double>(const std::vector<Actions>&)>;

// reward_*: as the caller gave them. entropy: of the policy that sampled, in nats, the mean over
// steps of the sum over heads. explained_variance: 1 - Var(returns - values) / Var(returns), 0 for
// returns that are all equal. approx_kl, clip_fraction, value_loss: means over the last epoch.
struct PpoStatistics {
  double reward_mean = 0, reward_best = 0, entropy = 0, explained_variance = 0;
  std::vector<double> head_entropies = {};  // [heads]: what `entropy` is the sum of
  double approx_kl = 0, clip_fraction = 0, value_loss = 0;
  int epochs = 0;  // done; fewer than asked for where target_kl stopped them
};

// Each number's rank among all, spread evenly over -0.5..0.5; equal numbers share the mean of their
// ranks, a single one has 0. A reward's scale and outliers then do not matter (the fitness shaping
// of Wierstra et al., JMLR 2014).
std::vector<double> centered_ranks(std::span<const double> values);

// Generalized advantage estimation (Schulman et al., ICLR 2016) over one episode that ends after
// its last step: rewards[s] follows step s, values[s] is the critic's value before it.
std::vector<double> gae(std::span<const double> rewards, std::span<const double> values,
                        double gamma, double lambda);

// Steps of episodes, as the update sees them; one entry a step.
struct Steps {
  std::vector<int> rows;  // the step's state, as a row of the states
  std::vector<Action> actions;
  std::vector<double> log_probs;  // of the action when it was chosen
  std::vector<double> advantages;
  std::vector<double> returns;  // what the critic should have said
};

struct PpoLoss {
  Tape::Var total;      // policy + value_coefficient * value - entropy_coefficient * entropy
  Tape::Var policy;     // minus the clipped surrogate, mean over the steps
  Tape::Var value;      // half the squared error of the critic, mean over the steps
  Tape::Var log_probs;  // [steps][1], under the network as it is now
};
PpoLoss ppo_loss(Tape& tape, ActorCritic& network, const Matrix& states,
                 const std::vector<double>& widths, const Steps& steps, const PpoOptions& options);

class Ppo {
 public:
  // states: [steps][features], widths: [steps], of the prior (rl/agent/actor_critic.h). agent: what
  // the policy starts from, whose body and heads it then has; null: the prior.
  Ppo(PpoOptions options, Matrix states, std::vector<double> widths, uint64_t seed,
      const Agent* agent = nullptr);
  // From here on it acts in other states, with as many features.
  void turn_to(const Matrix& states, const std::vector<double>& widths);

  // Collects a batch of episodes, asks for their rewards and improves the policy. The first
  // episodes of the batch are `given` ([at most options.episodes][steps]) rather than sampled:
  // known good points, such as the mean-square optimum.
  PpoStatistics update(const RewardFunction& reward, std::span<const Actions> given = {});
  // The most likely actions.
  Actions greedy();
  // What it has become, without what it knows of the features from `features` on.
  Agent agent(int features) const { return network_.agent(features); }

 private:
  struct Rollout;
  Rollout collect(std::span<const Actions> given);
  // Fills in advantages and returns; gives the explained variance.
  double add_advantages(const std::vector<double>& rewards, Rollout& rollout) const;
  void learn(const Steps& steps, PpoStatistics& statistics);

  PpoOptions options_;
  Matrix states_;
  std::vector<double> widths_;
  ActorCritic network_;
  Adam adam_;
  Rng rng_;
  int64_t updates_ = 0;
};

}  // namespace tri
