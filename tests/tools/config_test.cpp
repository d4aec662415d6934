// Hyper-parameters that ./search is given by a file.
#include <algorithm>

#include "data/base/file.h"
#include "tests/support/program.h"

using namespace tri;

TEST_CASE(
    "--config changes the hyper-parameters, result.json tells them, --resume is bound to them") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "config.json").string();
  const std::string data = "--data " + bench.data + " ";
  write_file(file, R"({"ppo": {"episodes": 5, "clip": 0.2}})");
  const Ran ran = bench.search(data + "--episodes 10 --reconstruction 0 --top 1 --config " + file);
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  const auto result = json_of(bench.out + "/result.json");
  CHECK(result["hyperparameters"]["ppo"]["clip"] == 0.2);
  CHECK(result["hyperparameters"]["ppo"]["epochs"] == 20);
  const auto csv = read_file(bench.out + "/search.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') ==
        3);  // two updates, where one of 20 would be cut

  write_file(file, R"({"ppo": {"episodes": 5, "clip": 0.3}})");
  const Ran other =
      bench.search(data + "--episodes 20 --reconstruction 0 --top 1 --resume --config " + file);
  CHECK(other.status == 1);
  CHECK(other.err.find("--config") != std::string::npos);

  write_file(file, R"({"ppo": {"clips": 0.3}})");
  const Ran wrong = bench.search(data + "--config " + file);
  CHECK(wrong.status == 1);
  CHECK(wrong.err.find("config.json: there is no hyper-parameter clips of ppo") !=
        std::string::npos);
}

TEST_CASE("--help-all shows a file that --config takes") {
  const Ran help = run(program("search") + " --help-all");
  CHECK(help.status == 0);
  const Bench bench;
  const std::string file = (bench.scratch.path / "config.json").string();
  const std::string data = "--data " + bench.data + " ";
  write_file(file, help.out.substr(help.out.find("{\n")));
  const Ran ran = bench.search(data + "--reconstruction 0 --top 1 --config " + file);
  CHECK_MESSAGE(ran.status == 0, ran.err);
}

TEST_CASE("./train and ./finetune take recipes that --help-all shows, and the options count more") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "config.json").string();
  const std::string out = (bench.scratch.path / "a.q8").string();
  const std::string train = program("train") + " alexnet --width 0.1 --data " + bench.data +
                            " --narrow-epochs 0 --out " + out + " --config " + file;
  for (const char* name : {"train", "finetune"}) {
    const Ran help = run(program(name) + " --help-all");
    CHECK(help.status == 0);
    const size_t at = help.out.find("\nalexnet\n{");
    REQUIRE(at != std::string::npos);
    const size_t begin = help.out.find('{', at), end = help.out.find('}', at) + 1;
    const auto recipe = nlohmann::json::parse(help.out.substr(begin, end - begin));
    CHECK(recipe["epochs"] == (std::string(name) == "train" ? 50 : 20));
  }
  write_file(file, R"({"epochs": 7, "batch": 12, "momentum": 0.5, "crop": 0})");
  const Ran ran = run(train + " --epochs 2 --json");
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  const auto recipe = nlohmann::json::parse(ran.out)["recipe"];
  CHECK(recipe["epochs"] == 2);
  CHECK(recipe["batch"] == 12);
  CHECK(recipe["momentum"] == 0.5);
  CHECK(recipe["rate"] == 0.1);
  // A training that goes on has the same recipe.
  write_file(file, R"({"batch": 12, "momentum": 0.6, "crop": 0})");
  const Ran other = run(train + " --epochs 2 --resume");
  CHECK(other.status == 1);
  CHECK(other.err.find("momentum was 0.5") != std::string::npos);

  write_file(file, R"({"momentun": 0.6})");
  const Ran wrong = run(train);
  CHECK(wrong.status == 1);
  CHECK(wrong.err.find("there is no number of a recipe momentun") != std::string::npos);
}
