#include "rl/agent/ppo.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/support/test.h"

using namespace tri;

namespace {

// A hidden target near the middle; the reward is minus the mean distance from it.
struct Toy {
  static constexpr int kSteps = 8;
  static constexpr double kWidth = 8;
  Actions target;
  Matrix states{kSteps, 4};

  explicit Toy(uint64_t seed) {
    Rng rng(seed);
    for (int step = 0; step < kSteps; ++step) {
      Action action = kMiddles;
      for (size_t head = 0; head < kStaircaseHeads; ++head)
        action[head] = uint8_t(kMiddle + rng.below(25) - 12);
      target.push_back(action);
      states(step, 0) = (step + 1.0) / kSteps;
      for (int i = 1; i < 4; ++i) states(step, i) = rng.uniform();
    }
  }

  double reward(const Actions& actions) const {
    double distance = 0;
    for (size_t step = 0; step < kSteps; ++step)
      for (size_t head = 0; head < kStaircaseHeads; ++head)
        distance += std::abs(actions[step][head] - target[step][head]);
    return -distance / (kSteps * kStaircaseHeads);
  }
  RewardFunction rewards() const {
    return [this](const std::vector<Actions>& batch) {
      std::vector<double> result;
      for (const Actions& actions : batch) result.push_back(reward(actions));
      return result;
    };
  }
  static std::vector<double> widths() { return std::vector<double>(kSteps, kWidth); }
  Ppo agent(const PpoOptions& options, uint64_t seed) const {
    return Ppo(options, states, widths(), seed);
  }
};

// Small enough for differences over its parameters, with every case of the clipped surrogate.
struct SmallProblem {
  Matrix states{2, 4, {0.5, 0.1, 0.2, 0.3, 1, 0.2, 0.1, 0.4}};
  std::vector<double> widths = {30, 30};
  PpoOptions options;
  ActorCritic network;
  Steps steps;

  SmallProblem() : network(4, {.hidden = {6, 5}}, Rng(3)) {
    options.clip = 0.2;
    options.entropy_coefficient = 0.05;
    Tape tape;
    const auto output = network.forward(tape, states, widths);
    Rng rng(4);
    for (int s = 0; s < 10; ++s) {
      steps.rows.push_back(s % 2);
      steps.actions.push_back(
          sample(tape.value(output.log_probs), s % 2, random_quantiles(rng, kStaircaseHeads)));
      steps.advantages.push_back(rng.normal());
      steps.returns.push_back(rng.normal());
    }
    steps.log_probs =
        tape.value(log_prob(tape, output.log_probs, kStaircaseHeads, steps.rows, steps.actions))
            .values;
    // Even steps: a ratio inside the clip. 1, 5, 9: outside it, on the side that gains; 3, 7: on
    // the side that loses, which is not clipped.
    for (size_t s = 0; s < 10; ++s) {
      const double gaining = steps.advantages[s] > 0 ? 1 : -1;
      steps.log_probs[s] -= gaining * (s % 2 == 0 ? 0.1 : s % 4 == 1 ? 0.6 : -0.6);
    }
  }
};

}  // namespace

TEST_CASE("GAE agrees with a hand-computed episode") {
  const std::vector<double> rewards = {1, 0, 2}, values = {0.5, 1, 1.5};
  // delta = {1 + 0.5 * 1 - 0.5, 0 + 0.5 * 1.5 - 1, 2 - 1.5} = {1, -0.25, 0.5}; each advantage is
  // its delta plus 0.5 * 0.8 = 0.4 times the next: 0.5, -0.25 + 0.2, 1 - 0.02.
  const std::vector<double> advantages = gae(rewards, values, 0.5, 0.8);
  CHECK(advantages[2] == doctest::Approx(0.5));
  CHECK(advantages[1] == doctest::Approx(-0.05));
  CHECK(advantages[0] == doctest::Approx(0.98));
}

TEST_CASE("with gamma and lambda 1 an advantage is the final reward less the value") {
  const std::vector<double> rewards = {0, 0, -3}, values = {0.5, -1, 1.5};
  const std::vector<double> advantages = gae(rewards, values, 1, 1);
  for (size_t s = 0; s < 3; ++s) CHECK(advantages[s] == doctest::Approx(-3 - values[s]));
}

TEST_CASE("centered ranks are spread over -0.5..0.5, and equal numbers share theirs") {
  const std::vector<double> distinct = {-7, 100, 3}, tied = {1, 5, 1, 9}, one = {4};
  CHECK(centered_ranks(distinct) == std::vector<double>{-0.5, 0.5, 0});
  const std::vector<double> ranks = centered_ranks(tied);  // ranks 0.5, 2, 0.5, 3 of 0..3
  CHECK(ranks[0] == ranks[2]);
  CHECK(ranks[0] == doctest::Approx(0.5 / 3 - 0.5));
  CHECK(ranks[1] == doctest::Approx(2.0 / 3 - 0.5));
  CHECK(ranks[3] == 0.5);
  CHECK(centered_ranks(one) == std::vector<double>{0});
}

TEST_CASE("the loss agrees with its parts computed one by one") {
  SmallProblem p;
  Tape tape;
  const PpoLoss loss = ppo_loss(tape, p.network, p.states, p.widths, p.steps, p.options);
  const auto output = p.network.forward(tape, p.states, p.widths);
  const Matrix& log_probs = tape.value(output.log_probs);

  double surrogate = 0, value = 0, nats = 0;
  int clipped = 0;
  for (size_t s = 0; s < 10; ++s) {
    double now = 0;
    for (int head = 0; head < 4; ++head) {
      now += log_probs(p.steps.rows[s] * 4 + head, p.steps.actions[s][size_t(head)]);
    }
    const double ratio = std::exp(now - p.steps.log_probs[s]), a = p.steps.advantages[s];
    // The case distinction of the paper's figure 1.
    const double gain = a > 0 ? std::min(ratio, 1.2) * a : std::max(ratio, 0.8) * a;
    clipped += gain != ratio * a;
    surrogate += gain / 10;
    const double error = tape.value(output.values)(p.steps.rows[s], 0) - p.steps.returns[s];
    value += error * error / 20;
  }
  for (const double l : log_probs.values) nats -= std::exp(l) * l / 2;
  CHECK(clipped == 3);
  CHECK(tape.value(loss.policy)(0, 0) == doctest::Approx(-surrogate).epsilon(1e-12));
  CHECK(tape.value(loss.value)(0, 0) == doctest::Approx(value).epsilon(1e-12));
  CHECK(tape.value(loss.total)(0, 0) ==
        doctest::Approx(-surrogate + 0.5 * value - 0.05 * nats).epsilon(1e-12));
}

TEST_CASE("the gradient of the whole loss agrees with central differences") {
  SmallProblem p;
  std::vector<double>& values = p.network.parameters.values;
  const auto loss = [&](bool backward) {
    Tape tape;
    const PpoLoss loss = ppo_loss(tape, p.network, p.states, p.widths, p.steps, p.options);
    if (backward) tape.backward(loss.total);
    return tape.value(loss.total)(0, 0);
  };
  loss(true);
  double largest = 0;
  for (size_t i = 0; i < values.size(); i += i < 80 ? 1 : 7) {  // the body, and a part of the heads
    const double at = values[i], step = 1e-5, analytic = p.network.parameters.gradients[i];
    values[i] = at + step;
    const double above = loss(false);
    values[i] = at - step;
    const double below = loss(false);
    values[i] = at;
    CHECK(std::abs(analytic - (above - below) / (2 * step)) < 1e-8);
    largest = std::max(largest, std::abs(analytic));
  }
  CHECK(largest > 0.01);
}

TEST_CASE("PPO finds a hidden target that sampling from the prior does not") {
  const Toy toy(11);
  Ppo agent = toy.agent({}, 1);
  double best = -1e9, last_mean = 0;
  const int updates = 25;
  for (int i = 0; i < updates; ++i) {
    const PpoStatistics statistics = agent.update(toy.rewards());
    best = std::max(best, statistics.reward_best);
    last_mean = statistics.reward_mean;
  }

  Rng rng(1);
  Tape tape;
  const auto prior = tape.value(tape.log_softmax(tape.constant(Matrix(
      Toy::kSteps * kStaircaseHeads, kBins, bell_prior(Toy::widths(), kStaircaseHeads).values))));
  double random_best = -1e9;
  for (int i = 0; i < updates * PpoOptions{}.episodes; ++i) {
    Actions actions;
    for (int step = 0; step < Toy::kSteps; ++step)
      actions.push_back(sample(prior, step, random_quantiles(rng, kStaircaseHeads)));
    random_best = std::max(random_best, toy.reward(actions));
  }
  CHECK(best > random_best + 1);
  CHECK(last_mean > random_best);
  CHECK(toy.reward(agent.greedy()) > random_best + 0.5);
}

TEST_CASE("episodes come in pairs, on either side of the policy's middle") {
  const Toy toy(5);
  for (const bool antithetic : {true, false}) {
    Ppo agent = toy.agent({.episodes = 40, .antithetic = antithetic}, 1);
    int mirrored = 0, moved = 0;
    agent.update([&](const std::vector<Actions>& batch) {
      for (size_t e = 0; e < batch.size(); e += 2)
        for (size_t step = 0; step < Toy::kSteps; ++step)
          for (size_t head = 0; head < kStaircaseHeads; ++head) {
            const int a = batch[e][step][head] - kMiddle, b = batch[e + 1][step][head] - kMiddle;
            mirrored += std::abs(a + b) <= 1;  // the policy starts near its prior, not on it
            moved += std::abs(a) > 2;
          }
      return toy.rewards()(batch);
    });
    const int all = 20 * Toy::kSteps * kStaircaseHeads;
    CHECK((mirrored == all) == antithetic);
    CHECK(moved > all / 2);
  }
}

TEST_CASE("the same seed gives the same search bit for bit, and another seed another") {
  const Toy toy(5);
  const auto run = [&](uint64_t seed) {
    Ppo agent = toy.agent({.episodes = 6, .epochs = 2}, seed);
    std::vector<double> seen;
    for (int i = 0; i < 3; ++i) {
      const PpoStatistics s = agent.update(toy.rewards());
      seen.insert(seen.end(), {s.reward_mean, s.entropy, s.approx_kl, s.value_loss});
    }
    return std::pair(seen, agent.greedy());
  };
  const auto first = run(1);
  CHECK(first == run(1));
  CHECK(first.first != run(2).first);
}

TEST_CASE("given episodes come first in the batch, as they are") {
  const Toy toy(5);
  Ppo agent = toy.agent({.episodes = 4}, 1);
  std::vector<Actions> seen;
  agent.update(
      [&](const std::vector<Actions>& batch) {
        seen = batch;
        return toy.rewards()(batch);
      },
      std::vector<Actions>{toy.target});
  REQUIRE(seen.size() == 4);
  CHECK(seen[0] == toy.target);
  for (size_t e = 1; e < 4; ++e) CHECK(seen[e] != toy.target);
}

TEST_CASE("a target KL ends an update early, and annealing ends the learning") {
  const Toy toy(5);
  CHECK(toy.agent({.minibatches = 2, .target_kl = 1e-9}, 1).update(toy.rewards()).epochs == 1);
  CHECK(toy.agent({}, 1).update(toy.rewards()).epochs == PpoOptions{}.epochs);

  // Each update's entropy is that of the policy that it finds.
  Ppo agent = toy.agent({.anneal_updates = 1}, 1);
  const double at_first = agent.update(toy.rewards()).entropy;
  const double learned = agent.update(toy.rewards()).entropy;
  CHECK(learned != at_first);
  CHECK(agent.update(toy.rewards()).entropy == learned);
}

TEST_CASE("without the critic advantages count from 0") {
  const Toy toy(1);
  Ppo without = toy.agent({.critic = false}, 1), with = toy.agent({}, 1);
  CHECK(without.update(toy.rewards()).explained_variance == 0);
  CHECK(with.update(toy.rewards()).explained_variance != 0);
  // Its loss is not learned from: after many updates the values are what they were.
  for (int i = 0; i < 10; ++i) without.update(toy.rewards()), with.update(toy.rewards());
  CHECK(with.update(toy.rewards()).value_loss < 0.5 * without.update(toy.rewards()).value_loss);
}

TEST_CASE("the entropy is the sum of the heads'") {
  const Toy toy(1);
  const PpoStatistics s = toy.agent({}, 1).update(toy.rewards());
  REQUIRE(s.head_entropies.size() == kStaircaseHeads);
  double sum = 0;
  for (const double h : s.head_entropies) sum += h;
  CHECK(sum == doctest::Approx(s.entropy));
  CHECK(s.head_entropies[0] != s.head_entropies[1]);
}

TEST_CASE("statistics describe the batch") {
  const Toy toy(5);
  std::vector<double> rewards;
  Ppo agent = toy.agent({}, 1);
  const PpoStatistics statistics = agent.update(
      [&](const std::vector<Actions>& batch) { return rewards = toy.rewards()(batch); });
  double sum = 0;
  for (const double r : rewards) sum += r;
  CHECK(statistics.reward_mean == doctest::Approx(sum / 20));
  CHECK(statistics.reward_best == *std::max_element(rewards.begin(), rewards.end()));
  // Four bells with a standard deviation of 8 bins: 4 * log(8 * sqrt(2 pi e)) nats.
  CHECK(statistics.entropy == doctest::Approx(4 * 3.498).epsilon(0.01));
  CHECK(statistics.approx_kl > 0);
  CHECK(statistics.clip_fraction >= 0);
  CHECK(statistics.clip_fraction <= 1);
  CHECK(statistics.explained_variance <= 1);
  CHECK(statistics.value_loss > 0);
}
