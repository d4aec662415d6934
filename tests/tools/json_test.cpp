// --json: results of programs for other programs.
#include "tests/support/program.h"
#include "tests/support/test.h"

using Json = nlohmann::json;

TEST_CASE(
    "with --json ./search prints what result.json holds, and with --merge a row an algorithm") {
  const Bench bench;
  const Ran ran =
      bench.search("--algo random --top 1 --reconstruction 0 --json --data " + bench.data);
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK(Json::parse(ran.out) == json_of(bench.out + "/result.json"));
  CHECK(ran.err.find("its curves and staircases: ./report " + bench.out + "\n") !=
        std::string::npos);
  const Ran merged = run(program("search") + " alexnet --json --merge " + bench.out);
  CHECK(merged.status == 0);
  const Json rows = Json::parse(merged.out);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["algorithm"] == "random");
  CHECK(rows[0]["agreement"]["mean"] ==
        json_of(bench.out + "/result.json")["searches"][0]["agreement"]);
}

TEST_CASE("with --json ./train prints its accuracies; it names the report and records its run") {
  const Bench bench;
  const std::string file = bench.scratch.path.string() + "/n n.q8";
  const Ran ran = run(program("train") + " nin --width 0.1 --epochs 1 --batch 20 --json --data " +
                      bench.data + " --out '" + file + "'");
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const Json json = Json::parse(ran.out);
  CHECK(json["file"] == file);
  CHECK(json["accuracy"].is_number());
  CHECK(json["float_accuracy"].is_number());
  CHECK(ran.err.find("its curves: ./report '" + file + "'\n") != std::string::npos);
  const Json record = json_of(bench.scratch.path / "n n.run.json");
  CHECK(record["command"][1] == "nin");
}
