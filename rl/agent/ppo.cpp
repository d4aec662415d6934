#include "rl/agent/ppo.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "data/base/check.h"

namespace tri {
namespace {

double mean(std::span<const double> x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / double(x.size());
}

double variance(std::span<const double> x) {
  const double center = mean(x);
  double squares = 0;
  for (const double v : x) squares += (v - center) * (v - center);
  return squares / double(x.size());
}

Matrix column(const std::vector<double>& x) { return Matrix(int(x.size()), 1, x); }

Steps choose(const Steps& steps, std::span<const int> order) {
  Steps chosen;
  for (const int i : order) {
    const size_t s = size_t(i);
    chosen.rows.push_back(steps.rows[s]);
    chosen.actions.push_back(steps.actions[s]);
    chosen.log_probs.push_back(steps.log_probs[s]);
    chosen.advantages.push_back(steps.advantages[s]);
    chosen.returns.push_back(steps.returns[s]);
  }
  return chosen;
}

PpoOptions with_body(PpoOptions options, const Agent* agent) {
  if (agent) options.network.hidden = agent->hidden;
  return options;
}

}  // namespace

std::vector<double> centered_ranks(std::span<const double> values) {
  std::vector<double> ranks;
  for (const double v : values) {
    // Below and above it; the difference counts equal ones for nothing.
    double rank = 0;
    for (const double other : values) rank += double(other < v) - double(other > v);
    ranks.push_back(values.size() > 1 ? rank / (2.0 * double(values.size() - 1)) : 0.0);
  }
  return ranks;
}

std::vector<double> gae(std::span<const double> rewards, std::span<const double> values,
                        double gamma, double lambda) {
  CHECK(rewards.size() == values.size());
  std::vector<double> advantages(rewards.size());
  double next_value = 0, next_advantage = 0;
  for (size_t s = rewards.size(); s-- > 0;) {
    const double delta = rewards[s] + gamma * next_value - values[s];
    advantages[s] = next_advantage = delta + gamma * lambda * next_advantage;
    next_value = values[s];
  }
  return advantages;
}

PpoLoss ppo_loss(Tape& tape, ActorCritic& network, const Matrix& states,
                 const std::vector<double>& widths, const Steps& steps, const PpoOptions& options) {
  // The states are few and shared by all episodes: one forward over them, from which each step
  // takes what is its own.
  const auto [log_probs, values] = network.forward(tape, states, widths);
  const int n = int(steps.rows.size());
  const Tape::Var new_log_probs =
      log_prob(tape, log_probs, options.network.heads, steps.rows, steps.actions);
  const Tape::Var ratio = tape.exp(tape.sub(new_log_probs, tape.constant(column(steps.log_probs))));
  const Tape::Var advantages = tape.constant(column(steps.advantages));
  const Tape::Var clipped = tape.clamp(ratio, 1 - options.clip, 1 + options.clip);
  const Tape::Var surrogate =
      tape.mean(tape.min(tape.mul(ratio, advantages), tape.mul(clipped, advantages)));
  const Tape::Var policy = tape.scale(surrogate, -1);

  const Tape::Var error =
      tape.sub(tape.gather(values, steps.rows, n, 1), tape.constant(column(steps.returns)));
  const Tape::Var value = tape.scale(tape.mean(tape.mul(error, error)), 0.5);

  const Tape::Var bonus = tape.scale(tape.mean(entropy(tape, log_probs, options.network.heads)),
                                     -options.entropy_coefficient);
  const double weight = options.critic ? options.value_coefficient : 0;
  const Tape::Var total = tape.add(tape.add(policy, tape.scale(value, weight)), bonus);
  return {total, policy, value, new_log_probs};
}

Ppo::Ppo(PpoOptions options, Matrix states, std::vector<double> widths, uint64_t seed,
         const Agent* agent)
    : options_(with_body(std::move(options), agent)),
      states_(std::move(states)),
      widths_(std::move(widths)),
      network_(states_.cols, options_.network, Rng(seed, 1)),
      adam_{.options = options_.adam},
      rng_(seed, 2) {
  CHECK(states_.rows > 0 && int(widths_.size()) == states_.rows);
  CHECK(options_.episodes > 0 && options_.epochs >= 0 && options_.minibatches > 0);
  CHECK(options_.minibatches <= options_.episodes * states_.rows);
  if (agent) network_.start_from(*agent);
}

void Ppo::turn_to(const Matrix& states, const std::vector<double>& widths) {
  CHECK(states.rows > 0 && states.cols == states_.cols && int(widths.size()) == states.rows);
  states_ = states, widths_ = widths;
}

// A batch of episodes under the policy as it was.
struct Ppo::Rollout {
  std::vector<Actions> episodes;
  Steps steps;                 // of all episodes, one after the other
  std::vector<double> values;  // [steps of an episode]: the critic's, the same for all of them
  double entropy;
  std::vector<double> head_entropies;
};

PpoStatistics Ppo::update(const RewardFunction& reward, std::span<const Actions> given) {
  Rollout rollout = collect(given);
  std::vector<double> rewards = reward(rollout.episodes);
  CHECK(rewards.size() == rollout.episodes.size());
  for (const double r : rewards) CHECK(std::isfinite(r));

  PpoStatistics statistics;
  statistics.entropy = rollout.entropy;
  statistics.head_entropies = rollout.head_entropies;
  statistics.reward_mean = mean(rewards);
  statistics.reward_best = *std::max_element(rewards.begin(), rewards.end());
  if (options_.centered_ranks) rewards = centered_ranks(rewards);
  statistics.explained_variance = add_advantages(rewards, rollout);
  learn(rollout.steps, statistics);
  ++updates_;
  return statistics;
}

Ppo::Rollout Ppo::collect(std::span<const Actions> given) {
  const size_t episodes = size_t(options_.episodes), length = size_t(states_.rows);
  const int heads = options_.network.heads;
  CHECK(given.size() <= episodes);
  Tape tape;
  const auto [log_probs, values] = network_.forward(tape, states_, widths_);
  Rollout rollout{std::vector<Actions>(episodes),
                  {},
                  tape.value(values).values,
                  mean(tape.value(entropy(tape, log_probs, heads)).values),
                  head_entropies(tape.value(log_probs), heads)};
  if (!options_.critic) std::fill(rollout.values.begin(), rollout.values.end(), 0.0);
  Steps& steps = rollout.steps;
  std::vector<Quantiles> quantiles(length);
  for (size_t e = 0; e < episodes; ++e) {
    CHECK(e >= given.size() || given[e].size() == length);
    const bool mirrored = options_.antithetic && e % 2 == 1;
    for (size_t step = 0; step < length; ++step) {
      if (mirrored)
        for (double& u : quantiles[step]) u = 1 - u;
      else
        quantiles[step] = random_quantiles(rng_, heads);
      const Action action = e < given.size()
                                ? given[e][step]
                                : sample(tape.value(log_probs), int(step), quantiles[step]);
      steps.rows.push_back(int(step));
      steps.actions.push_back(action);
      rollout.episodes[e].push_back(action);
    }
  }
  steps.log_probs = tape.value(log_prob(tape, log_probs, heads, steps.rows, steps.actions)).values;
  return rollout;
}

double Ppo::add_advantages(const std::vector<double>& rewards, Rollout& rollout) const {
  Steps& steps = rollout.steps;
  for (const double r : rewards) {
    std::vector<double> step_rewards(rollout.values.size());
    step_rewards.back() = r;
    const std::vector<double> advantages =
        gae(step_rewards, rollout.values, options_.gamma, options_.lambda);
    for (size_t step = 0; step < advantages.size(); ++step) {
      steps.advantages.push_back(advantages[step]);
      steps.returns.push_back(advantages[step] + rollout.values[step]);
    }
  }
  // Before they are normalized, the advantages are returns - values.
  const double spread = variance(steps.returns);
  const double explained = spread > 0 ? 1 - variance(steps.advantages) / spread : 0;
  if (options_.normalize_advantages) {
    const double center = mean(steps.advantages);
    const double deviation = std::sqrt(variance(steps.advantages));
    for (double& a : steps.advantages) a = (a - center) / (deviation + 1e-8);
  }
  return explained;
}

void Ppo::learn(const Steps& steps, PpoStatistics& statistics) {
  const double annealed = options_.anneal_updates > 0
                              ? std::max(0.0, 1 - double(updates_) / options_.anneal_updates)
                              : 1;
  const size_t count = steps.rows.size();
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (int epoch = 0; epoch < options_.epochs; ++epoch) {
    rng_.shuffle(order);
    double kl = 0, clipped = 0, value_loss = 0;
    for (int b = 0; b < options_.minibatches; ++b) {
      const size_t begin = count * size_t(b) / size_t(options_.minibatches);
      const size_t end = count * size_t(b + 1) / size_t(options_.minibatches);
      const Steps minibatch = choose(steps, std::span(order).subspan(begin, end - begin));
      Tape tape;
      const PpoLoss loss = ppo_loss(tape, network_, states_, widths_, minibatch, options_);
      tape.backward(loss.total);
      clip_gradient_norm(network_.parameters, options_.max_gradient_norm);
      adam_.step(network_.parameters, annealed * options_.learning_rate);

      for (size_t s = 0; s < end - begin; ++s) {
        // KL(old || new) from samples of the old policy: (ratio - 1) - log(ratio), which is never
        // negative (Schulman, "Approximating KL divergence", 2020).
        const double log_ratio = tape.value(loss.log_probs).values[s] - minibatch.log_probs[s];
        const double ratio = std::exp(log_ratio);
        kl += ratio - 1 - log_ratio;
        clipped += std::abs(ratio - 1) > options_.clip;
      }
      value_loss += tape.value(loss.value)(0, 0) * double(end - begin);
    }
    statistics.approx_kl = kl / double(count);
    statistics.clip_fraction = clipped / double(count);
    statistics.value_loss = value_loss / double(count);
    statistics.epochs = epoch + 1;
    if (options_.target_kl > 0 && statistics.approx_kl > options_.target_kl) break;
  }
}

Actions Ppo::greedy() {
  Tape tape;
  const Matrix& log_probs = tape.value(network_.forward(tape, states_, widths_).log_probs);
  Actions actions;
  for (int step = 0; step < states_.rows; ++step)
    actions.push_back(mode(log_probs, step, options_.network.heads));
  return actions;
}

}  // namespace tri
