// Agents that ./search saves and starts from.
#include "data/base/file.h"
#include "tests/support/program.h"

using namespace tri;

TEST_CASE("an agent is saved, gives a guess without an evaluation, and starts another search") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "a.agent").string();
  const std::string brief = " --reconstruction 0 --top 1 --test 4 --data " + bench.data;
  Ran ran = bench.search("--episodes 20 --state wide --also " + bench.teacher + " --save-agent " +
                         file + brief);
  REQUIRE_MESSAGE(ran.status == 0, ran.err);

  ran = bench.search("--episodes 0 --agent " + file + brief);
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  const auto guess = json_of(bench.out + "/result.json");
  CHECK(guess["evaluations"] == 0);
  CHECK(guess["options"]["--state"] == "wide");
  CHECK(guess["candidates"].size() == 1);
  // Its own, even where the start is better.
  CHECK(guess["selected"]["layers"] != guess["start"]["layers"]);
  CHECK(guess["selected"]["energy"] <= 1.05 * guess["start"]["energy"].get<double>());

  // What starts from it and is saved in its place keeps it.
  const auto first = read_file(file);
  ran = bench.search("--episodes 20 --agent " + file + " --save-agent " + file + brief);
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  CHECK(json_of(bench.out + "/result.json")["evaluations"] == 20);
  CHECK(read_file(file) != first);
  CHECK(read_file(file + ".old") == first);

  const auto refused = [&](const std::string& options, const std::string& why) {
    const Ran r = bench.search(options);
    CAPTURE(options);
    CHECK(r.status != 0);
    CHECK_MESSAGE(r.err.find(why) != std::string::npos, r.err);
  };
  refused("--episodes 0 --agent none", "--episodes 0 needs --agent");
  refused("--episodes 0 --no-mixed", "--episodes 0 needs --agent");
  refused("--agent " + file + " --state simple", "sees --state wide");
  refused("--agent " + file + " --no-mixed", "searches without --no-mixed");
  refused("--save-agent " + file + " --algo cem", "needs --algo ppo");
  refused("--also alexnet", "--save-agent");
  refused("--agent " + bench.teacher, "is not a tri-segment agent");
}

TEST_CASE("a search starts from our agent, but where it is told otherwise") {
  const Bench bench;
  const auto starts = [&](const std::string& options) {
    const Ran ran = bench.search("--episodes 4 --reconstruction 0 --top 1 --test 4 --data " +
                                 bench.data + options);
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    return json_of(bench.out + "/result.json")["options"].contains("--agent");
  };
  CHECK(starts(""));
  CHECK_FALSE(starts(" --agent none"));
  CHECK_FALSE(starts(" --no-mixed"));
  CHECK_FALSE(starts(" --state wide"));
  CHECK_FALSE(starts(" --algo random"));
}

TEST_CASE("a program that was moved away from our agent says so") {
  const Bench bench;
  const std::string folder = bench.scratch.path.string();
  const auto moved = [&](const std::string& options) {
    return run("cd " + folder + " && ./search alexnet --teacher " + bench.teacher + " --data " +
               bench.data + " --episodes 4 --reconstruction 0 --top 1 --test 4" + options);
  };
  REQUIRE(run("cp " + program("search") + " " + folder).status == 0);
  const Ran ran = moved("");
  CHECK(ran.status == 1);
  CHECK_MESSAGE(ran.err.find("neither here nor beside the program") != std::string::npos, ran.err);
  CHECK(moved(" --agent none").status == 0);
}
