// How many evaluations a search takes, and searches that ran apart beside each other.
#include "data/base/file.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;

TEST_CASE("a search of few evaluations runs so many, or says at once what it runs instead") {
  const Bench bench;
  const std::string base = "--reconstruction 0 --top 1 --data " + bench.data + " --episodes ";
  const std::string few = base + "4";
  for (const char* algorithm : {"ppo", "cem", "random"}) {
    CAPTURE(algorithm);
    const Ran ran = bench.search(few + " --algo " + algorithm);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(ran.err.find(std::string(algorithm) + ", 4 evaluations") != std::string::npos);
    CHECK(json_of(bench.out + "/result.json")["evaluations"] == 4);
  }
  const Ran longer = bench.search(base + "40 --algo random --resume");
  CHECK(longer.status == 1);
  CHECK(longer.err.find("--episodes was 4 and is at least 20") != std::string::npos);
  const Ran grid = bench.search(few + " --algo grid");
  CHECK(grid.err.find("grid 36, which is one sweep of it") != std::string::npos);
  CHECK(json_of(bench.out + "/result.json")["evaluations"] == 36);
}

TEST_CASE("searches that ran apart compare as those of one process, where nothing else differs") {
  const Bench bench;
  const std::string same = "--top 1 --reconstruction 0 --data " + bench.data + " --algo random ";
  const Ran ran = bench.search(same + "--seeds 2");
  REQUIRE(ran.status == 0);
  std::string folders;
  for (const char* seed : {"1", "2"}) {
    const std::string folder = bench.scratch.path.string() + "/seed" + seed;
    const Ran task = bench.search(same + "--seed " + seed + " --out " + folder);
    INFO(task.err);
    REQUIRE(task.status == 0);
    folders += " " + folder;
  }
  const auto merge = [](const std::string& net, const std::string& of) {
    return run(program("search") + " " + net + " --merge" + of);
  };
  const Ran merged = merge("alexnet", folders);
  INFO(merged.err);
  CHECK(merged.status == 0);
  CHECK(merged.out.find("random       2          20") != std::string::npos);
  CHECK(ran.out.starts_with(merged.out));
  REQUIRE(bench.search(same + "--prior-width 5").status == 0);
  const Ran differs = merge("alexnet", folders + " " + bench.out);
  CHECK(differs.status == 1);
  CHECK(differs.err.find("is another search: --prior-width is \"5\" there and \"6\" in") !=
        std::string::npos);
  const Ran twice = merge("alexnet", folders + folders);
  CHECK(twice.status == 1);
  CHECK(twice.err.find("random with seed 1 is in another folder too") != std::string::npos);
  CHECK(merge("nin", folders).err.find("is of another network than nin") != std::string::npos);
  write_file(bench.out + "/result.json", std::string("{}"));
  CHECK(merge("alexnet", " " + bench.out).err.find("a search that has ended") != std::string::npos);
}
