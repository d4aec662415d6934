#include "rl/agent/agent.h"

#include "data/base/error.h"
#include "data/base/file.h"
#include "rl/agent/ppo.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

constexpr int kFeatures = 3, kSteps = 5;

// Features alone, or with more columns behind them.
Matrix states(int columns) {
  Matrix m(kSteps, columns);
  Rng rng(1);
  for (int step = 0; step < kSteps; ++step)
    for (int i = 0; i < columns; ++i)
      m(step, i) = i < kFeatures ? rng.uniform() : 5 * rng.uniform();
  // The same features, however many columns there are.
  Rng features(2);
  for (int step = 0; step < kSteps; ++step)
    for (int i = 0; i < kFeatures; ++i) m(step, i) = features.uniform();
  return m;
}

const std::vector<double> kWidths(kSteps, 8.0);

// Wants high bins of t1 where the first feature is high.
std::vector<double> rewards(const std::vector<Actions>& batch) {
  const Matrix seen = states(kFeatures);
  std::vector<double> result;
  for (const Actions& actions : batch) {
    double sum = 0;
    for (int step = 0; step < kSteps; ++step)
      sum += (seen(step, 0) - 0.5) * actions[size_t(step)][0];
    result.push_back(sum);
  }
  return result;
}

Ppo learned() {
  Ppo ppo({}, states(kFeatures), kWidths, 1);
  for (int i = 0; i < 30; ++i) ppo.update(rewards);
  return ppo;
}

}  // namespace

TEST_CASE("an agent acts as the one that it was saved from, whatever else is seen beside it") {
  const Scratch scratch;
  Ppo teacher = learned();
  const Actions chosen = teacher.greedy();
  CHECK(chosen != Ppo({}, states(kFeatures), kWidths, 1).greedy());
  Agent agent = teacher.agent(kFeatures);
  agent.state = "wide";
  save(agent, scratch.path / "a.agent");
  const Agent read = load_agent(scratch.path / "a.agent");
  CHECK(read == agent);
  CHECK(Ppo({}, states(kFeatures), kWidths, 7, &read).greedy() == chosen);
  Ppo marked({}, states(kFeatures + kSteps), kWidths, 7, &read);
  CHECK(marked.greedy() == chosen);
  CHECK(marked.agent(kFeatures).parameters == agent.parameters);
  // What it learns from there it learns by what is new to it too.
  marked.update(rewards);
  CHECK(marked.agent(kFeatures + kSteps).parameters != agent.parameters);
}

TEST_CASE("an agent that turns to other states acts there by what it learned") {
  Ppo ppo = learned();
  Matrix swapped = states(kFeatures);
  const Actions before = ppo.greedy();
  for (int i = 0; i < kFeatures; ++i) std::swap(swapped(0, i), swapped(1, i));
  ppo.turn_to(swapped, kWidths);
  const Actions after = ppo.greedy();
  CHECK(after[0] == before[1]);
  CHECK(after[1] == before[0]);
  CHECK(after[2] == before[2]);
}

TEST_CASE("a file that is no agent is refused") {
  const Scratch scratch;
  const fs::path file = scratch.path / "a.agent";
  save(learned().agent(kFeatures), file);
  const std::vector<uint8_t> good = read_file(file);
  const auto refused = [&](const std::vector<uint8_t>& bytes) {
    write_file(file, bytes);
    CHECK_THROWS_WITH_AS(load_agent(file), doctest::Contains("a.agent"), Error);
  };
  std::vector<uint8_t> bad = good;
  bad[good.size() / 2] ^= 1;
  refused(bad);
  refused({good.begin(), good.end() - 9});
  refused({});
}
