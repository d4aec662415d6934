#include "rl/agent/actor_critic.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/support/test.h"

using namespace tri;

namespace {

const Matrix kStates(2, 4, {0.5, 0.1, 0.2, 0.3, 1, 0.2, 0.1, 0.4});

}  // namespace

TEST_CASE("the policy starts as the prior") {
  ActorCritic network(4, {}, Rng(1));
  Tape tape;
  const Matrix& log_probs = tape.value(network.forward(tape, kStates, {6, 6}).log_probs);
  REQUIRE(log_probs.rows == 8);
  REQUIRE(log_probs.cols == 256);
  for (int i = 0; i < 2; ++i) {
    const Action likely = mode(log_probs, i, kStaircaseHeads);
    for (int head = 0; head < kStaircaseHeads; ++head) {
      CHECK(std::abs(likely[size_t(head)] - kMiddle) <= 2);
      // The log-density of a bell falls by z^2 / 2, here over three standard deviations.
      const double fall = log_probs(i * kStaircaseHeads + head, kMiddle) -
                          log_probs(i * kStaircaseHeads + head, kMiddle + 18);
      CHECK(std::abs(fall - 4.5) < 0.3);
    }
  }
}

TEST_CASE("without a prior the policy starts nearly uniform") {
  ActorCritic network(4, {}, Rng(1));
  Tape tape;
  const auto output = network.forward(tape, kStates, {0, 0});
  for (const double nats : tape.value(entropy(tape, output.log_probs, kStaircaseHeads)).values) {
    CHECK(nats == doctest::Approx(4 * std::log(256.0)).epsilon(1e-3));
  }
}

TEST_CASE("an action's log-probability is the sum over its heads") {
  ActorCritic network(4, {}, Rng(2));
  Tape tape;
  const auto output = network.forward(tape, kStates, {20, 20});
  const std::vector<Action> actions = {{1, 2, 3, 4}, {250, 130, 180, 9}, {0, 255, 17, 17}};
  const std::vector<int> rows = {1, 0, 1};
  const Matrix& result =
      tape.value(log_prob(tape, output.log_probs, kStaircaseHeads, rows, actions));
  const Matrix& log_probs = tape.value(output.log_probs);
  REQUIRE(result.rows == 3);
  REQUIRE(result.cols == 1);
  for (int s = 0; s < 3; ++s) {
    double sum = 0;
    for (int head = 0; head < 4; ++head) {
      sum += log_probs(rows[size_t(s)] * 4 + head, actions[size_t(s)][size_t(head)]);
    }
    CHECK(result(s, 0) == doctest::Approx(sum).epsilon(1e-12));
  }
}

TEST_CASE("samples are as frequent as their probabilities") {
  // Head 0 tosses between bins 3 and 250, head 1 always takes 0, head 2 255, head 3 is uniform.
  const double never = -1e9;
  Matrix log_probs(4, 256, std::vector<double>(4 * 256, never));
  log_probs(0, 3) = std::log(0.25);
  log_probs(0, 250) = std::log(0.75);
  log_probs(1, 0) = 0;
  log_probs(2, 255) = 0;
  for (int bin = 0; bin < 256; ++bin) log_probs(3, bin) = -std::log(256.0);
  Rng rng(4);
  const int n = 20000;
  int threes = 0;
  double sum = 0;
  std::vector<int> seen(256);
  for (int i = 0; i < n; ++i) {
    const Action action = sample(log_probs, 0, random_quantiles(rng, kStaircaseHeads));
    CHECK((action[0] == 3 || action[0] == 250));
    CHECK(action[1] == 0);
    CHECK(action[2] == 255);
    threes += action[0] == 3;
    sum += action[3];
    ++seen[action[3]];
  }
  CHECK(std::abs(threes / double(n) - 0.25) < 4 * std::sqrt(0.25 * 0.75 / n));
  CHECK(std::abs(sum / n - 127.5) < 4 * 73.9 / std::sqrt(double(n)));
  CHECK(*std::min_element(seen.begin(), seen.end()) > 0);
}
