// Searches that choose what each layer keeps: 8 bits, three levels or two, within a budget.
#include "data/base/file.h"
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tests/support/program.h"
#include "tests/support/test.h"
#include "tools/pipeline/energy_budget.h"

using namespace tri;
using Json = nlohmann::json;

namespace {

struct Searched {
  Bench bench;
  // Runs a search into a folder of that name.
  Ran search(const std::string& name, const std::string& more) const {
    return run(program("search") + " alexnet --teacher " + bench.teacher + " --data " + bench.data +
               " --batch 4 --pool 12 --held-out 12 --calibration 12 --reconstruction 12 --top 2" +
               " --out " + folder(name) + " " + more);
  }
  std::string folder(const std::string& name) const { return (bench.scratch.path / name).string(); }
  Json result(const std::string& name) const {
    Json json = json_of(folder(name) + "/result.json");
    json.erase("seconds");
    return json;
  }
  Json of(const std::string& name, const std::string& more) const {
    const Ran ran = search(name, more);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return result(name);
  }
};

int count(const Json& set, const std::string& kind) {
  int count = 0;
  for (const Json& layer : set["layers"]) count += layer["kind"] == kind;
  return count;
}

}  // namespace

TEST_CASE("an energy budget is a part of the teacher's or microjoules, and nothing else") {
  CHECK(energy_budget_of("30%")->value == 0.3);
  CHECK(energy_budget_of("30%")->of_teacher);
  CHECK(energy_budget_of("120.5uJ")->value == 120.5);
  CHECK(!energy_budget_of("120.5uJ")->of_teacher);
  for (const char* text : {"", "30", "%", "uJ", "0%", "-3uJ", "101%", "nanuJ", "infuJ", "1e999uJ",
                           "30%%", " 30%", "30 %", "30mJ", "30%uJ"}) {
    CAPTURE(text);
    CHECK(!energy_budget_of(text));
  }
}

TEST_CASE("a mixed search keeps its budget, of all kinds what pays, and says what each layer is") {
  const Searched m;
  const Json all = m.of("all", "--algo mse");
  const double teacher = all["energy"]["teacher"], three = all["mse"]["energy"];
  CHECK(count(all["mse"], "three levels") == 7);

  // Without a budget: no more than with three levels everywhere.
  const Json usual = m.of("usual", "--episodes 40");
  CHECK(usual["budget"]["given"].is_null());
  CHECK(double(usual["budget"]["energy"]) == doctest::Approx(three).epsilon(0.02));
  CHECK(double(usual["selected"]["energy"]) <= 1.01 * double(usual["budget"]["energy"]));
  CHECK(int(usual["budget"]["trials"]) == 3 * 2 * 7);
  CHECK(usual["mse"]["layers"] == all["mse"]["layers"]);

  // More than that: some layers keep 8 bits. Less: some have two levels.
  for (const bool more : {true, false}) {
    const double budget = more ? (teacher + three) / 2 : 0.96 * three;
    const Json found =
        m.of("found", "--episodes 40 --energy-budget " + std::to_string(budget) + "uJ");
    CHECK(double(found["budget"]["energy"]) == doctest::Approx(budget));
    for (const char* set : {"start", "selected"}) {
      CAPTURE(set);
      CHECK(double(found[set]["energy"]) <= 1.01 * budget);
      CHECK(count(found[set], more ? "8 bits" : "two levels") > 0);
    }
    const Model student = load_model(m.folder("found") + "/alexnet.tri", table_of);
    for (size_t tap = 0; tap < 7; ++tap) {
      const Json layer = found["selected"]["layers"][tap];
      const TapKind kind = kind_of(student.staircases[tap]);
      CHECK((layer["kind"] == "8 bits") == (kind == TapKind::eight_bits));
      CHECK((layer["kind"] == "two levels") == (kind == TapKind::two_levels));
      CHECK(layer["t1"].is_null() == (kind == TapKind::eight_bits));
    }
  }
  const Json kept = m.of("kept", "--episodes 40 --keep conv2,fc6");
  for (const Json& layer : kept["selected"]["layers"])
    if (layer["name"] == "conv2" || layer["name"] == "fc6") CHECK(layer["kind"] == "8 bits");
}

TEST_CASE("the knapsack's mixture costs the trials alone, and is one of the algorithms") {
  const Searched m;
  const Json found = m.of("found", "--algo sensitivity --energy-budget 50%");
  CHECK(found["evaluations"] == 0);
  CHECK(int(found["budget"]["trials"]) == 42);
  m.of("tuned", "--algo sensitivity --energy-budget 50% --finetune 1");
  CHECK(double(json_of(m.folder("tuned") + "/alexnet-fine.json")["energy_limit_uj"]) ==
        doctest::Approx(0.99 * double(found["budget"]["energy"])));
  const Json compared = m.of("all", "--algo all --episodes 20 --energy-budget 50%");
  std::vector<std::string> names;
  for (const Json& row : compared["comparison"]) {
    names.push_back(row["algorithm"]);
    CHECK(double(row["energy"]["mean"]) <= 1.01 * double(compared["budget"]["energy"]));
  }
  CHECK(names ==
        std::vector<std::string>{"mse", "sensitivity", "grid", "random", "greedy", "cem", "ppo"});
  const Json raw = m.of("raw", "--algo random --prior none --episodes 20");
  CHECK(double(raw["selected"]["energy"]) <= 1.01 * double(raw["budget"]["energy"]));
  const Ran around = m.search("raw", "--algo sensitivity --prior none");
  CHECK(around.err.find("--algo sensitivity needs --prior mse") != std::string::npos);
  const Ran plain = m.search("plain", "--algo sensitivity --no-mixed");
  CHECK(plain.status == 1);
  CHECK(plain.err.find("--algo sensitivity needs a search without --no-mixed") !=
        std::string::npos);
}

TEST_CASE("a budget that makes no sense or cannot be reached is refused in one line") {
  const Searched m;
  for (const char* options : {"--energy-budget 30", "--no-mixed --energy-budget 30%"}) {
    const Ran ran = m.search("out", options);
    CHECK(ran.status == 2);
    CHECK(ran.err.find("--energy-budget") != std::string::npos);
  }
  const Ran ran = m.search("out", "--algo mse --energy-budget 1%");
  CHECK(ran.status == 1);
  const std::string expected = "--energy-budget 1%: the least that alexnet can be given is ";
  const size_t at = ran.err.find(expected);
  INFO(ran.err);
  REQUIRE(at != std::string::npos);
  // It can be given, up to what its digits leave out.
  const double least = std::stod(ran.err.substr(at + expected.size()));
  const std::string budget = " --energy-budget " + std::to_string(least + 0.05) + "uJ";
  const Json found = m.of("least", "--algo mse" + budget);
  CHECK(count(found["start"], "two levels") > 4);
}

TEST_CASE("a mixed search that was ended and goes on, or runs on one thread, finds the same") {
  const Searched m;
  const std::string options = "--algo cem --episodes 60 --energy-budget 50% ";
  const Json whole = m.of("whole", options);
  m.of("broken", options + "--minutes 0.0001");
  CHECK(m.result("broken")["evaluations"] == 20);
  for (const auto& [more, complaint] :
       {std::pair("--no-mixed --algo cem --episodes 60", "--no-mixed was not there and is on"),
        std::pair("--algo cem --episodes 60 --energy-budget 51%",
                  "--energy-budget was 50% and is 51%"),
        std::pair("--algo cem --episodes 60 --energy-budget 50% --temperature 4",
                  "--temperature was not there and is 4"),
        std::pair("--algo cem --energy-budget 50% --keep fc6",
                  "--keep was not given and is fc6")}) {
    const Ran ran = m.search("broken", std::string(more) + " --resume");
    CHECK(ran.status == 1);
    CAPTURE(ran.err);
    CHECK(ran.err.find(complaint) != std::string::npos);
  }
  CHECK(m.of("broken", options + "--resume") == whole);
  CHECK(read_file(m.folder("broken") + "/alexnet.tri") ==
        read_file(m.folder("whole") + "/alexnet.tri"));

  const Ran one = run("OMP_NUM_THREADS=1 " + program("search") + " alexnet --teacher " +
                      m.bench.teacher + " --data " + m.bench.data +
                      " --batch 4 --pool 12 --held-out 12 --calibration 12 --reconstruction 12" +
                      " --top 2 --out " + m.folder("one") + " " + options);
  REQUIRE(one.status == 0);
  CHECK(m.result("one") == whole);
}
