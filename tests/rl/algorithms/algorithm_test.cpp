#include "rl/algorithms/algorithm.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/support/test.h"

using namespace tri;

namespace {

constexpr int kLayers = 4;

// A ridge like that of staircases: thresholds and values want to rise together, by 2^(1/4) (which
// the grid has), and the second layer's t1 by 2^(-1/8) less. The best reward is 0.
struct Ridge {
  Parametrization p = Parametrization::centered(StaircaseSet(kLayers, TriSegment{20, 40, 60, 90}),
                                                {.global = 26, .residual = 10});
  Matrix states{kLayers, 4};
  std::vector<Actions> asked;

  double reward(const Actions& a) const {
    double squares = 0;
    for (size_t step = 1; step < a.size(); ++step)
      for (size_t head = 0; head < kStaircaseHeads; ++head) {
        const double target = 32 - (step == 2 && head == 0 ? 16 : 0);
        const double x = a[0][head] + a[step][head] - 2.0 * kMiddle - target;
        squares += x * x;
      }
    return -std::sqrt(squares / (kLayers * kStaircaseHeads));
  }
  RewardFunction rewards() {
    return [this](const std::vector<Actions>& batch) {
      std::vector<double> result;
      for (const Actions& a : batch) result.push_back(reward(a)), asked.push_back(a);
      return result;
    };
  }
  // The recommendation's reward after about 400 evaluations.
  double run(const std::string& name, uint64_t seed = 1) {
    asked.clear();
    const auto algorithm = make_algorithm(name, {p, states, {}, seed});
    int evaluations = 0;
    while (algorithm->population_size() > 0 && evaluations + algorithm->population_size() <= 400) {
      const size_t before = asked.size();
      const int population = algorithm->population_size();
      algorithm->update(rewards());
      CHECK(int(asked.size() - before) == population);
      evaluations += population;
    }
    return reward(algorithm->recommendation());
  }
};

}  // namespace

TEST_CASE("lessons teach the agent, which then starts another search with what it learned") {
  // The ridge itself is not asked: what it wants is learned from another one, of fewer layers.
  Ridge ridge;
  for (int layer = 0; layer < kLayers; ++layer) ridge.states(layer, 0) = (layer + 1.0) / kLayers;
  const auto other = Parametrization::centered(StaircaseSet(2, TriSegment{20, 40, 60, 90}),
                                               {.global = 26, .residual = 10});
  Matrix seen(2, 4);
  seen(0, 0) = 0.5, seen(1, 0) = 1;
  int asked = 0;
  const RewardFunction higher = [&](const std::vector<Actions>& batch) {
    std::vector<double> result;
    for (const Actions& a : batch) result.push_back(a[0][0] + a[0][1]), ++asked;
    return result;
  };
  const RewardFunction nothing = [](const std::vector<Actions>& batch) {
    return std::vector<double>(batch.size(), 0.0);
  };
  const std::vector<Lesson> lessons = {{other, seen, higher}};
  const auto algorithm =
      make_algorithm("ppo", {ridge.p, ridge.states, {}, 1, nullptr, nullptr, true, lessons});
  for (int update = 0; update < 20; ++update) algorithm->update(nothing);
  CHECK(asked == 20 * PpoOptions{}.episodes);
  const std::optional<Agent> agent = algorithm->agent();
  REQUIRE(agent);
  CHECK(agent->features == 4);
  const auto next = make_algorithm("ppo", {ridge.p, ridge.states, {}, 5, nullptr, &*agent});
  CHECK(next->recommendation()[0][0] > kMiddle + 8);
  CHECK(next->recommendation()[0][1] > kMiddle + 8);
  CHECK(!make_algorithm("cem", {ridge.p, ridge.states, {}, 1})->agent());
}

TEST_CASE("every algorithm starts from the same point and improves on it, but for the fixed") {
  Ridge ridge;
  const double start = ridge.reward(ridge.p.start());
  std::map<std::string, double> found;
  for (const std::string& name : algorithm_names()) {
    CAPTURE(name);
    found[name] = ridge.run(name);
    if (name != "mse" && name != "sensitivity")
      CHECK(std::count(ridge.asked.begin(), ridge.asked.end(), ridge.p.start()) >= 1);
  }
  CHECK(found["mse"] == start);
  CHECK(found["sensitivity"] == start);         // without an allocation
  CHECK(found["grid"] == doctest::Approx(-4));  // all but the second layer's t1
  for (const char* name : {"greedy", "cem", "ppo"}) CHECK(found[name] > start / 2);
  CHECK(found["random"] < start / 2);  // its recommendation is the prior's
}

TEST_CASE("algorithms repeat themselves for a seed") {
  Ridge ridge;
  for (const std::string& name : algorithm_names()) {
    CAPTURE(name);
    const double first = ridge.run(name, 3);
    const auto asked = ridge.asked;
    CHECK(ridge.run(name, 3) == first);
    CHECK(ridge.asked == asked);
    ridge.run(name, 4);
    const bool sampled = name == "random" || name == "cem" || name == "ppo";
    CHECK((ridge.asked != asked) == sampled);
  }
}

TEST_CASE("greedy moves one step at a time and halves its stride after a sweep") {
  Ridge ridge;
  ridge.run("greedy");
  // The first generation moves the global step alone, each of its heads by 24 bins or not at all.
  for (size_t i = 0; i < 15; ++i)
    for (size_t head = 0; head < kStaircaseHeads; ++head) {
      CHECK(std::abs(ridge.asked[i][0][head] - kMiddle) % 24 == 0);
      CHECK(ridge.asked[i][1][head] == kMiddle);
    }
  const size_t sweep = 15 + kLayers * 9;
  const Actions& incumbent = ridge.asked[sweep];
  for (size_t i = sweep; i < sweep + 15; ++i)
    for (size_t head = 0; head < kStaircaseHeads; ++head)
      CHECK(std::abs(ridge.asked[i][0][head] - incumbent[0][head]) % 12 == 0);
}

TEST_CASE("without a prior random, cem, greedy and ppo search all bins") {
  Ridge ridge;
  ridge.p = Parametrization::raw(StaircaseSet(kLayers, TriSegment{}));
  for (const char* name : {"random", "cem", "ppo"}) {
    ridge.asked.clear();
    make_algorithm(name, {ridge.p, ridge.states, {}, 2})->update(ridge.rewards());
    int low = 255, high = 0;
    for (const Actions& a : ridge.asked)
      for (const uint8_t bin : a[0]) low = std::min<int>(low, bin), high = std::max<int>(high, bin);
    CHECK(low < 20);
    CHECK(high > 235);
  }
}

TEST_CASE(
    "of a mixture every algorithm that learns finds the kinds, sensitivity those it is told") {
  const StaircaseSet three(kLayers, TriSegment{20, 40, 60, 90}),
      two(kLayers, TriSegment{30, 60, 30, 60});
  const auto p =
      Parametrization::centered(Mixture{three, two, TapKinds(kLayers, TapKind::three_levels)},
                                {.global = 26, .residual = 10});
  const TapKinds wanted{TapKind::three_levels, TapKind::two_levels, TapKind::eight_bits,
                        TapKind::two_levels};
  const auto right = [&](const Actions& actions) {
    const TapKinds kinds = p.mixture(actions).kinds;
    int same = 0;
    for (size_t tap = 0; tap < kinds.size(); ++tap) same += kinds[tap] == wanted[tap];
    return same;
  };
  const RewardFunction rewards = [&](const std::vector<Actions>& batch) {
    std::vector<double> result;
    for (const Actions& actions : batch) result.push_back(right(actions));
    return result;
  };
  const Matrix states(kLayers, 4);
  for (const char* name : {"greedy", "cem", "ppo"}) {
    CAPTURE(name);
    const auto algorithm = make_algorithm(name, {p, states, {}, 1});
    for (int update = 0; update < 60; ++update) algorithm->update(rewards);
    CHECK(right(algorithm->recommendation()) == kLayers);
  }
  const auto told = make_algorithm("sensitivity", {p, states, {}, 1, &wanted});
  CHECK(told->population_size() == 0);
  CHECK(p.staircases(told->recommendation()) ==
        StaircaseSet{three[0], two[1], std::nullopt, two[3]});
}
