// The programs, from the command line on: a small data set and an untrained teacher.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "data/base/file.h"
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

// The columns of search.csv, for ever.
const std::vector<std::string> kColumns = {
    "algorithm",  "seed",       "evaluations", "seconds",       "reward_mean",
    "reward",     "kl",         "attention",   "agreement",     "energy_uj",
    "reward_mse", "entropy",    "approx_kl",   "clip_fraction", "explained_variance",
    "entropy_t1", "entropy_v1", "entropy_t2",  "entropy_v2",    "entropy_kind"};

// Line `number` of a CSV file, column by column; empty where there is none.
std::vector<std::string> row(const std::string& file, int number) {
  const auto bytes = read_file(file);
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  std::string line;
  for (int i = 0; i <= number; ++i)
    if (!std::getline(lines, line)) return {};
  std::vector<std::string> columns(1);
  for (const char c : line)
    if (c == ',')
      columns.emplace_back();
    else
      columns.back() += c;
  return columns;
}

}  // namespace

TEST_CASE("search writes its three files, and evaluate confirms the student's accuracy") {
  const Bench bench;
  const Ran ran = bench.search("--top 2 --data " + bench.data);
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  for (const char* row : {"teacher", "MSE start", "best found"})
    CHECK(ran.out.find(row) != std::string::npos);

  const Json result = json_of(bench.out + "/result.json");
  CHECK(result["version"] == 1);
  CHECK(result["net"] == "alexnet");
  CHECK(result["data"]["source"] == "cifar10");
  CHECK(result["algorithm"] == "ppo");
  CHECK(result["evaluations"] == 20);
  CHECK(result["candidates"].size() == 2);
  CHECK(result["candidates"][0]["reward"] >= result["candidates"][1]["reward"]);
  const Json& selected = result["selected"];
  CHECK(selected["layers"].size() == 7);
  CHECK(selected["layers"][0]["name"] == "conv1");
  CHECK(selected["zero_share"] > 0.0);
  CHECK(selected["uncalibrated"]["accuracy"].is_number());
  CHECK(result["mse"]["uncalibrated"]["test_kl"] != result["mse"]["test_kl"]);
  // The one that is written is a reconstruction where held-out pictures prefer it.
  const Json& first = result["candidates"][0];
  CHECK(selected["layers"] == first["layers"]);
  CHECK(result["reconstructed"] == (selected["reward"] > first["reward"]));
  CHECK(selected.contains("calibrated") == result["reconstructed"].get<bool>());
  if (selected.contains("calibrated")) CHECK(selected["calibrated"]["test_kl"] == first["test_kl"]);
  const Json& energy = result["energy"];
  CHECK(energy["student"] == selected["energy"]);
  CHECK(energy["student"] < energy["teacher"]);
  double layers = 0;
  for (const Json& layer : energy["layers"]) layers += layer["student"].get<double>();
  CHECK(layers == doctest::Approx(energy["student"].get<double>()));
  CHECK(result["front"].size() >= 1);

  // Energy is not counted here.
  const std::vector<std::string> row_of_csv = row(bench.out + "/search.csv", 1);
  CHECK(row(bench.out + "/search.csv", 0) == kColumns);
  REQUIRE(row_of_csv.size() == kColumns.size());
  CHECK(row_of_csv[0] == "ppo");
  CHECK(row_of_csv[2] == "20");
  CHECK(row_of_csv[9].empty());
  CHECK(!row_of_csv[11].empty());
  CHECK(row(bench.out + "/search.csv", 2).empty());
  CHECK(result["student"]["file"] == "alexnet.tri");
  CHECK(result["student"]["checksum"] ==
        std::to_string(checksum(load_model(bench.out + "/alexnet.tri", table_of))));
  const Json record = json_of(bench.out + "/run.json");
  CHECK(record["version"] == 1);
  CHECK(record["program"].get<std::string>().starts_with("tri-segment 0.1.0"));
  CHECK(record["command"][1] == "alexnet");
  for (const char* key : {"host", "start", "end", "isa"})
    CHECK(record[key].get<std::string>() != "");
  for (const char* key : {"seconds", "threads"}) CHECK(record[key] > 0);
  const std::string evaluate = program("evaluate") + " --json --data " + bench.data + " ";
  const Ran student = run(evaluate + bench.out + "/alexnet.tri");
  REQUIRE(student.status == 0);
  const Json measured = Json::parse(student.out);
  CHECK(measured["kind"] == "student");
  CHECK(measured["images"] == 20);
  CHECK(measured["accuracy"] == selected["accuracy"]);
  const Json teacher = Json::parse(run(evaluate + bench.teacher).out);
  CHECK(teacher["kind"] == "teacher");
  CHECK(teacher["accuracy"] == result["teacher"]["accuracy"]);
  CHECK(teacher["zero_share"].is_null());
  CHECK(teacher["energy"].get<double>() ==
        doctest::Approx(result["energy"]["teacher"].get<double>()));
  const Json beside =
      Json::parse(run(evaluate + bench.out + "/alexnet.tri --teacher " + bench.teacher).out);
  CHECK(beside["teacher"]["agreement"] == selected["agreement"]);
  CHECK(beside["teacher"]["kl"] == selected["test_kl"]);
  CHECK(beside["teacher"]["accuracy"] == teacher["accuracy"]);
  for (const char* key : {"zero_share", "energy"}) CHECK(beside[key] == selected[key]);
  int all = 0, right = 0;
  for (size_t i = 0; i < beside["classes"].size(); ++i) {
    for (const Json& count : beside["confusion"][i]) all += count.get<int>();
    right += beside["confusion"][i][i].get<int>();
  }
  CHECK(all == 20);
  CHECK(right == beside["correct"]);

  // The same seed, the same result but for the time it took, on one thread as on two.
  fs::rename(bench.out, bench.out + "1");
  setenv("OMP_NUM_THREADS", "1", 1);
  REQUIRE(bench.search("--top 2 --data " + bench.data).status == 0);
  unsetenv("OMP_NUM_THREADS");
  Json a = json_of(bench.out + "1/result.json"), b = json_of(bench.out + "/result.json");
  a.erase("seconds"), b.erase("seconds");
  CHECK(a == b);

  // Students are of the equalized teacher, and compared with the one of the file.
  CHECK(result["equalized"] == true);
  REQUIRE(bench.search("--no-equalize --reconstruction 0 --algo mse --data " + bench.data).status ==
          0);
  const Json plain = json_of(bench.out + "/result.json");
  CHECK(plain["reconstructed"] == false);
  CHECK(plain["selected"]["test_kl"] == plain["candidates"][0]["test_kl"]);
  CHECK(plain["equalized"] == false);
  CHECK(plain["teacher"] == result["teacher"]);
  CHECK(plain["mse"]["layers"] != result["mse"]["layers"]);
}

TEST_CASE(
    "where there is no CIFAR-10, search uses what synthesize made, and reports no accuracies") {
  const Bench bench;
  if (fs::exists("data/cifar-10-batches-bin")) return;
  const std::string search = program("search") + " alexnet --batch 4 --teacher " + bench.teacher +
                             " --out " + bench.out + " --episodes ";
  const std::string offline =
      "env -u CIFAR10_DIR no_proxy=127.0.0.1 CIFAR10_URL=http://127.0.0.1:1/ " + search;
  const Ran none = run(offline + "20");
  CHECK(none.status == 1);
  CHECK(none.err.find("no CIFAR-10 (") != std::string::npos);
  const std::string remedy = "./synthesize alexnet --teacher " + bench.teacher;
  REQUIRE(none.err.find("'" + remedy + "' makes them") != std::string::npos);

  const Ran made = run(program("synthesize") + remedy.substr(12) + " --count 32 --steps 2");
  INFO(made.err);
  REQUIRE(made.status == 0);
  const Ran ran = run(offline + "20");
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK(ran.err.find("using pictures synthesized from the teacher") != std::string::npos);
  const std::string note =
      "measured on 8 pictures synthesized from the teacher, which have no labels";
  CHECK(ran.out.find(note) != std::string::npos);
  CHECK(ran.out.find("/evaluate " + bench.out + "/alexnet.tri") != std::string::npos);
  const Json result = json_of(bench.out + "/result.json");
  CHECK(result["data"]["source"] == "synthesized");
  CHECK(result["data"]["dir"] == (bench.scratch.path / "alexnet.jpg").string());
  CHECK(result["data"].value("note", "").starts_with(note));
  CHECK(result["selected"]["accuracy"].is_null());
  CHECK(result["teacher"]["accuracy"].is_null());
  CHECK(result["selected"]["agreement"].is_number());

  // The same pictures where CIFAR-10 is there, and no others, are what --synthesized uses.
  const std::string with_data = "CIFAR10_DIR=" + bench.data + " " + search;
  const Ran chosen = run(with_data + "40 --reconstruction 0 --synthesized --resume");
  INFO(chosen.err);
  REQUIRE(chosen.status == 0);
  CHECK(chosen.err.find("(20 of them done before)") != std::string::npos);
  CHECK(json_of(bench.out + "/result.json")["data"] == result["data"]);
  const Ran real = run(with_data + "40 --resume");
  CHECK(real.status == 1);
  CHECK(real.err.find("the data") != std::string::npos);
  CHECK(run(search + "20 --synthesized --data " + bench.data).status == 2);
}

TEST_CASE(
    "synthesize writes the same sheet again from the same seed, and says what it cannot use") {
  const Bench bench;
  const std::string synthesize = program("synthesize") + " alexnet --teacher " + bench.teacher +
                                 " --count 32 --steps 2 --out " + bench.scratch.path.string() + "/";
  const Ran ran = run(synthesize + "a.jpg");
  CHECK(ran.status == 0);
  CHECK(ran.out.starts_with(bench.scratch.path.string() + "/a.jpg: 32 pictures"));
  REQUIRE(run("OMP_NUM_THREADS=1 " + synthesize + "b.jpg").status == 0);
  REQUIRE(run(synthesize + "c.jpg --seed 2").status == 0);
  const auto sheet = [&](const char* name) { return read_file(bench.scratch.path / name); };
  CHECK(sheet("a.jpg") == sheet("b.jpg"));
  CHECK(sheet("a.jpg") != sheet("c.jpg"));

  const Ran odd = run(synthesize + "d.jpg --count 33");
  CHECK(odd.status == 2);
  CHECK(odd.err.find("--count: 33 is no multiple of 32") != std::string::npos);
  CHECK(run(synthesize + "d.jpg --count 0").status == 2);
  const Ran other = run(program("synthesize") + " nin --teacher " + bench.teacher);
  CHECK(other.status == 1);
  CHECK(other.err.find("is a alexnet, expected nin") != std::string::npos);
  const Ran nowhere = run(program("synthesize") + " alexnet --teacher " + bench.teacher +
                          " --out /proc/trisegment/d.jpg");
  CHECK(nowhere.status == 1);
  CHECK(nowhere.err.find("/proc/trisegment: cannot be written to: ") != std::string::npos);
}

TEST_CASE("search compares all algorithms over seeds, and keeps the layers it is told to") {
  const Bench bench;
  const Ran ran = bench.search(
      "--no-mixed --algo all --seeds 2 --top 1 --keep conv1,auto:1 --data " + bench.data);
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const Json result = json_of(bench.out + "/result.json");
  REQUIRE(result["comparison"].size() == 6);
  const std::vector<std::string> names = {"mse", "grid", "random", "greedy", "cem", "ppo"};
  for (size_t i = 0; i < 6; ++i) {
    const Json& row = result["comparison"][i];
    CHECK(row["algorithm"] == names[i]);
    CHECK(row["seeds"] == (i == 0 ? 1 : 2));
    CHECK(row["evaluations"] <= 36);
    CHECK(row["reward"]["mean"] >= result["mse"]["reward"]);
    CHECK(row["reward"]["mean"] <= result["selected"]["reward"]);
    CHECK(ran.out.find(names[i]) != std::string::npos);
  }
  CHECK(result["selected"]["layers"][0]["t1"].is_null());
  int kept = 0;
  for (const Json& layer : result["selected"]["layers"]) kept += layer["v2"].is_null();
  CHECK(kept >= 1);
  CHECK(kept <= 2);
  const Ran student =
      run(program("evaluate") + " --json --data " + bench.data + " " + bench.out + "/alexnet.tri");
  CHECK(Json::parse(student.out)["accuracy"] == result["selected"]["accuracy"]);

  const Ran unknown = bench.search("--keep conv9 --data " + bench.data);
  CHECK(unknown.status == 1);
  CHECK(unknown.err.find("conv9") != std::string::npos);
  const Ran grid = bench.search("--algo grid --prior none --data " + bench.data);
  CHECK(grid.status == 1);
}

TEST_CASE("search weighs energy by a table that can be edited, and reports the front") {
  const Bench bench;
  const std::string table = (bench.scratch.path / "table.json").string();
  const auto search = [&](const std::string& more) {
    const Ran ran = bench.search("--algo cem --reconstruction 0 --data " + bench.data + " " + more);
    INFO(ran.err);
    CHECK(ran.status == 0);
    return ran;
  };
  search("");
  const Json plain = json_of(bench.out + "/result.json");
  write_file(table, std::string("{\"sram\": {\"1\": 0}, \"multiply8\": 2, \"multiply32\": 0}"));
  const Ran weighed = search("--top 40 --energy-weight 50 --energy-table " + table);
  CHECK(weighed.out.find("front, held-out pictures") != std::string::npos);
  const Json result = json_of(bench.out + "/result.json");
  const std::vector<std::string> of_cem = row(bench.out + "/search.csv", 1);
  CHECK(std::stod(of_cem[9]) > 0);
  CHECK(std::stod(of_cem[9]) < result["energy"]["teacher"].get<double>());
  CHECK(of_cem[11].empty());  // PPO's alone
  // 27 weights of each of conv1's 16 channels meet a pixel, but at the edges.
  const Json &teacher = result["energy"]["layers"][0], &before = plain["energy"]["layers"][0];
  CHECK(teacher["name"] == "conv1");
  const double macs = 94 * 94 * 3 * 16;
  CHECK(teacher["teacher"].get<double>() == doctest::Approx(1e-6 * macs * (2 + 0.1)));
  CHECK(before["teacher"] != teacher["teacher"]);
  CHECK(result["selected"]["energy"].get<double>() / result["energy"]["teacher"].get<double>() <
        plain["selected"]["energy"].get<double>() / plain["energy"]["teacher"].get<double>());

  // The least energy of those with full agreement: a random teacher is easily agreed with.
  const Json& front = result["front"];
  REQUIRE(front.size() >= 1);
  CHECK(front.back()["agreement"] == 1.0);
  int measured = 0;
  for (const Json& member : front)
    for (const Json& candidate : result["candidates"])
      if (candidate["layers"] == member["layers"]) {
        CHECK(member["accuracy"] == candidate["accuracy"]);
        CHECK(member["test_agreement"] == candidate["agreement"]);
        CHECK(member["kl"] == candidate["kl"]);
        ++measured;
      }
  CHECK(measured == int(front.size()));

  const auto resume = [&](const std::string& more) {
    return bench.search("--algo cem --reconstruction 0 --resume --data " + bench.data + " " + more);
  };
  CHECK(resume("--top 1 --energy-weight 50 --energy-table " + table).status == 0);
  // The test set is asked about candidates and the start alone.
  const Json few = json_of(bench.out + "/result.json");
  for (const Json& member : few["front"])
    CHECK(member["accuracy"].is_number() == (member["layers"] == few["selected"]["layers"] ||
                                             member["layers"] == few["mse"]["layers"]));
  const Ran weight = resume("--energy-weight 49 --energy-table " + table);
  CHECK(weight.status == 1);
  CHECK(weight.err.find("--energy-weight was 50 and is 49") != std::string::npos);
  const Ran energies = resume("--energy-weight 50");
  CHECK(energies.status == 1);
  CHECK(energies.err.find("the energies was {\"add8\"") != std::string::npos);

  write_file(table, std::string("{\"add8\": -1}"));
  const Ran negative = bench.search("--energy-table " + table + " --data " + bench.data);
  CHECK(negative.status == 1);
  CHECK(negative.err.find("table.json: \"add8\" is -1") != std::string::npos);
  write_file(table, std::string("{\"add8\": 0, \"add16\": 0, \"add32\": 0, \"multiply8\": 0, "
                                "\"multiply32\": 0, \"sram\": {\"1\": 0}}"));
  const Ran nothing = bench.search("--energy-table " + table + " --data " + bench.data);
  CHECK(nothing.status == 1);
  CHECK(nothing.err.find("table.json: costs the teacher nothing") != std::string::npos);
}

TEST_CASE("a search that is interrupted writes what it has, with status 130") {
  const Bench bench;
  for (int seconds = 1; !fs::exists(bench.out + "/result.json") && seconds < 60; seconds *= 2) {
    const Ran ran =
        run("timeout --foreground --preserve-status -s INT " + std::to_string(seconds) + " " +
            program("search") + " alexnet --batch 4 --episodes 1000000 --top 1" + " --teacher " +
            bench.teacher + " --out " + bench.out + " --data " + bench.data);
    CHECK(ran.status == 130);
    CHECK(ran.err.find("\nstopping: the search ends, ") != std::string::npos);
  }
  const Json result = json_of(bench.out + "/result.json");
  CHECK(result["evaluations"] < 1000000);
  CHECK(result["unfinished"] == Json{"search", "reconstruction"});
  CHECK(run(program("evaluate") + " " + bench.out + "/alexnet.tri --data " + bench.data).status ==
        0);
}

TEST_CASE("a search in a folder that is no UTF-8 writes JSON all the same") {
  const Bench bench;
  const std::string out = bench.scratch.path.string() + "/b\xff";
  const Ran ran = run(program("search") + " alexnet --teacher " + bench.teacher + " --data " +
                      bench.data + " --algo mse --batch 4 --pool 8 --held-out 4 --calibration 4 " +
                      "--reconstruction 0 --top 1 --test 4 --out " + out);
  INFO(ran.err);
  CHECK(ran.status == 0);
  CHECK(json_of(out + "/result.json")["net"] == "alexnet");
  CHECK(json_of(out + "/run.json")["command"].back().get<std::string>().ends_with("/b\uFFFD"));
}

TEST_CASE("programs refuse what they cannot use, and say why") {
  const Bench bench;
  CHECK(run(program("search") + " vgg18").status == 2);
  CHECK(run(program("search")).status == 2);
  const Ran isa = bench.search("--isa none --data " + bench.data);
  CHECK(isa.status == 1);
  CHECK(isa.err.find("none") != std::string::npos);
  const Ran missing = bench.search("--data " + bench.data + "/nowhere");
  CHECK(missing.status == 1);
  CHECK(missing.err.find("nowhere") != std::string::npos);
  auto bytes = read_file(bench.teacher);
  bytes[bytes.size() / 2] ^= 1;
  write_file(bench.teacher, bytes);
  const Ran damaged = bench.search("--data " + bench.data);
  CHECK(damaged.status == 1);
  CHECK(damaged.err.find("damaged") != std::string::npos);
  CHECK(!fs::exists(bench.out + "/result.json"));
}
