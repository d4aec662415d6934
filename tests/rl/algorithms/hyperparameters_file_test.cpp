#include "rl/algorithms/hyperparameters_file.h"

#include "data/base/error.h"
#include "data/base/file.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

Hyperparameters read(const std::string& text) {
  const Scratch scratch;
  write_file(scratch.path / "config.json", text);
  return read_hyperparameters(scratch.path / "config.json");
}

}  // namespace

TEST_CASE("what all hyper-parameters are told as is read back as them") {
  Hyperparameters h;
  h.ppo.clip = 0.2, h.ppo.critic = false, h.ppo.network.hidden = {32, 16}, h.cem.population = 7;
  CHECK(to_json(read(to_json(h).dump())) == to_json(h));
  CHECK(to_json(h) != to_json(Hyperparameters{}));
}

TEST_CASE("a file of hyper-parameters changes what it names, and nothing else") {
  const Hyperparameters h = read(R"({"ppo": {"lambda": 0.95, "hidden": []}, "grid": {}})");
  Hyperparameters expected;
  expected.ppo.lambda = 0.95, expected.ppo.network.hidden = {};
  CHECK(to_json(h) == to_json(expected));
}

TEST_CASE("a file of hyper-parameters that names or holds another thing is refused") {
  const auto refused = [](const std::string& text, const char* why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(read(text), doctest::Contains(why), Error);
  };
  refused("[]", "is no JSON object");
  refused(R"({"ppo": 3})", "ppo is no object");
  refused(R"({"ppo": {"clap": 1}})", "there is no hyper-parameter clap of ppo");
  refused(R"({"sarsa": {"clip": 1}})", "there is no hyper-parameter sarsa");
  refused(R"({"ppo": {"clip": 0}})", "ppo.clip has to be a number of 0.001 to 1000000.0");
  refused(R"({"ppo": {"clip": "1"}})", "a number");
  refused(R"({"ppo": {"epochs": 1.5}})", "a whole number");
  refused(R"({"ppo": {"epochs": 1e300}})", "a whole number");
  refused(R"({"ppo": {"critic": 1}})", "true or false");
  refused(R"({"ppo": {"hidden": [1, 2, 3, 4, 5]}})", "at most 4 whole numbers");
  refused(R"({"ppo": {"hidden": [0]}})", "whole numbers of 1");
  refused(R"({"ppo": {"minibatches": 30}})", "more than ppo.episodes");
  refused(R"({"grid": {"first": 9}})", "grid.first is above grid.last");
}
