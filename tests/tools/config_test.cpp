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
