// ./bench from the command line, and the contest its measurements are made of.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "data/base/file.h"
#include "engine/integer/model.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"
#include "tools/bench/contest.h"
#include "tools/bench/rank_correlation.h"

using namespace tri;
using Json = nlohmann::json;

namespace {

Json json_of(const std::filesystem::path& file) {
  const auto bytes = read_file(file);
  return Json::parse(bytes.begin(), bytes.end());
}

// Runs ./bench ARGUMENTS --json, and returns what it wrote.
Json bench(const std::string& arguments) {
  const Scratch scratch;
  const std::string file = (scratch.path / "out.json").string();
  const Ran ran = run(program("bench") + " " + arguments + " --json " + file);
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  return json_of(file);
}

// A student of AlexNet with random numbers, and its teacher, as files; and a data set.
struct Files {
  Scratch scratch;
  std::string data = " --data " + scratch.path.string();
  std::string student = (scratch.path / "alexnet.tri").string();
  std::string teacher = (scratch.path / "alexnet.q8").string();
  Files() {
    Rng rng(4);
    Model model = random_model(table_of("alexnet"), rng);
    model.net = "alexnet";
    for (QuantLayer& q : model.quant)  // some trained ones are as large, which floats round
      for (int32_t& b : q.bias) b += (1 << 25) + 1;
    save(model, teacher);
    for (const char* name : {"data_batch_1.bin", "test_batch.bin"})
      save_records(scratch.path / name, random_pictures(5, 1));
    model.staircases = random_staircases(model, rng);
    save(model, student);
  }
};

struct Fake : Contestant {
  uint64_t hash;
  int micros;
  Fake(uint64_t h, int us) : hash(h), micros(us) {}
  bool takes(int problem) override { return problem < 3; }
  std::optional<uint64_t> prepare(int problem) override {
    if (problem == 1) throw Error("no such thing");
    if (problem == 2) _exit(3);
    return hash;
  }
  void run() override { usleep(useconds_t(micros)); }
};

void add(Contest& contest, const char* name, uint64_t hash, int micros = 1) {
  contest.add(name, [=] { return std::make_unique<Fake>(hash, micros); });
}

}  // namespace

TEST_CASE("the signature is the same on every instruction set and for any number of threads") {
  const std::string expected = "f860e3b20eb48216\n";
  for (const Isa isa : runnable_isas()) {
    for (const char* threads : {"1", "2"}) {
      CAPTURE(isa_name(isa));
      CAPTURE(threads);
      CHECK(run(std::string("TRISEGMENT_ISA=") + isa_name(isa) + " OMP_NUM_THREADS=" + threads +
                " " + program("bench") + " --signature")
                .out == expected);
    }
  }
}

TEST_CASE("bench lut and int8 compare sums over the layers of a net") {
  const Json lut = bench("lut --net alexnet --zeros 0.5,0.9 --batch 2 --repeats 1 --threads 1");
  REQUIRE(lut["rows"].size() == 2 * 8);  // all but the first of 8 layers, and a sum, twice
  double ours = 0, sgemm = 0;
  for (int i = 8; i < 15; ++i) {
    const Json& row = lut["rows"][size_t(i)];
    CHECK(row["zeros"].get<double>() == doctest::Approx(0.9).epsilon(0.05));
    CHECK(row["kernel"] == "lut");
    const double macs = row["M"].get<double>() * row["N"].get<double>() * row["K"].get<double>();
    CHECK(row["GMAC/s"].get<double>() ==
          doctest::Approx(macs / row["median_ms"].get<double>() / 1e6));
    ours += row["median_ms"].get<double>(), sgemm += row["sgemm_ms"].get<double>();
  }
  CHECK(lut["rows"][15]["layer"] == "alexnet");
  CHECK(lut["rows"][15]["median_ms"].get<double>() == doctest::Approx(ours));
  CHECK(lut["summary"]["by_zeros"][1]["lut_vs_sgemm"].get<double>() ==
        doctest::Approx(sgemm / ours));
  CHECK(lut["summary"]["lut_vs_sgemm"].get<double>() > 0);

  const Json int8 = bench("int8 --net mobilenetv1 --batch 1 --repeats 1 --threads 2");
  CHECK(int8["rows"].size() == 28 + 1);
  CHECK(int8["rows"][1]["layer"] == "dw1");
  CHECK(int8["rows"][1]["sgemm_ms"].is_null());
#if __has_include(<oneapi/dnnl/dnnl.hpp>)
  for (const char* key : {"lut_vs_onednn", "lut_vs_onednn_avx2"})
    CHECK(lut["summary"][key].get<double>() > 0);
  for (const char* key : {"int8_vs_onednn", "int8_vs_onednn_avx2"})
    CHECK(int8["summary"][key].get<double>() > 0);
  CHECK(int8["rows"][1]["onednn_ms"].get<double>() > 0);
#endif
}

TEST_CASE("bench takes weights and codes from a student, and refuses a teacher's") {
  const Files files;
  const std::string options = " --batch 2 --repeats 1 --threads 2" + files.data;
  const Json lut = bench("lut --from " + files.student + options);
  // Of conv2 .. conv5, fc6, fc7, fc8, two follow layers that random_staircases leaves as they are.
  CHECK(lut["rows"].size() == 5 + 1);
  CHECK(lut["summary"]["by_zeros"][0]["zeros"] == "real");
  CHECK(bench("int8 --from " + files.teacher + options)["rows"].size() == 8 + 1);
  const Ran teacher = run(program("bench") + " lut --from " + files.teacher);
  CHECK(teacher.status == 1);
  CHECK(teacher.err.find("student") != std::string::npos);
}

TEST_CASE("bench net measures pictures a second of teachers and students") {
  const Files files;
  for (const std::string& file : {files.teacher, files.student}) {
    const Json net = bench("net " + file + " --batch 3 --repeats 1" + files.data);
    CHECK(net["rows"][0]["kind"] == (file == files.student ? "student" : "teacher"));
    CHECK(net["summary"]["images_per_s"].get<double>() > 0);
  }
  const Ran missing = run(program("bench") + " net nowhere.q8");
  CHECK(missing.status == 1);
  CHECK(missing.err.find("nowhere.q8") != std::string::npos);
  CHECK(run(program("bench")).status == 2);
  CHECK(run(program("bench") + " lut --isa z80").err.find("z80") != std::string::npos);
}

TEST_CASE("bench net races the programs of users, and skips by name those that are missing") {
  const Files files;
  const std::string net = "net " + files.teacher + " --batch 3 --repeats 1" + files.data;
  const Json without = bench(net + " --peer ort,openvino --python " + "/usr/bin/python3");
  for (const char* peer : {"ort", "openvino"}) {
    CHECK(without["rows"][0]["vs_" + std::string(peer)].is_null());
    CHECK(without["summary"]["vs_" + std::string(peer)].is_null());
  }
  const std::filesystem::path check = "build/check/bin/python";
  if (!std::filesystem::exists(check)) {
    MESSAGE("skipped: ONNX Runtime and OpenVINO (make deps-check)");
    return;
  }
  const Json beside = bench(net + " --peer ort,openvino --python " + check.string());
  for (const char* peer : {"ort", "openvino"})
    CHECK(beside["summary"]["vs_" + std::string(peer)].get<double>() > 0);
}

TEST_CASE("bench search measures evaluations a second of a search's reward") {
  const Files files;
  const std::string search =
      "search --net alexnet --batch 3 --students 2 --repeats 1" + files.data + " ";
  const Json result = bench(search + "--teacher " + files.teacher);
  REQUIRE(result["rows"].size() == 3);
  CHECK(result["rows"][1]["students"] == "calibrated");
  CHECK(result["rows"][2]["students"] == "unevaluated");
  for (const char* key :
       {"evaluations_per_s", "calibrated_evaluations_per_s", "agent_evaluations_per_s"})
    CHECK(result["summary"][key].get<double>() > 0);
  const Ran other = run(program("bench") + " search --offline --teacher " + files.teacher);
  CHECK(other.status == 1);
  CHECK(other.err.find("is a alexnet, expected vgg19") != std::string::npos);
}

TEST_CASE("bench reward draws students and says how rewards foretell their ends") {
  const Scratch scratch;
  save_records(scratch.path / "data_batch_1.bin", random_pictures(200, 1));
  save_records(scratch.path / "test_batch.bin", random_pictures(5, 2));
  const Json three = bench("reward --net resnet20 --data " + scratch.path.string() +
                           " --pictures 128 --fitted 32 --students 3");
  REQUIRE(three["rows"].size() == 3);
  for (const Json& row : three["rows"]) CHECK(row["finetuned_kl"] > 0);
  CHECK(three["rows"][0]["reward"] != three["rows"][2]["reward"]);
  CHECK(three["summary"].size() == 16);
  for (const Json& reward : three["summary"])
    CHECK(std::abs(reward["finetuned_kl"].get<double>()) <= 1);
  // KL after reconstruction is one of the ends, and most of the reward after it.
  CHECK(three["summary"]["reconstructed"]["reconstructed_kl"] > 0);
}

TEST_CASE("rank correlations: orders alike, reversed, with equals, and none") {
  const std::vector<double> a = {1, 2, 3, 4}, reversed = {9, 7, 2, 1}, flat(4, 5.0);
  CHECK(rank_correlation(a, std::vector<double>{10, 20, 70, 1000}) == doctest::Approx(1));
  CHECK(rank_correlation(a, reversed) == doctest::Approx(-1));
  CHECK(rank_correlation(a, std::vector<double>{2, 1, 4, 3}) == doctest::Approx(0.6));
  // The equals share rank 2.5: 4.5 / sqrt(5 * 4.5).
  CHECK(rank_correlation(a, std::vector<double>{1, 2, 2, 3}) ==
        doctest::Approx(0.948683).epsilon(1e-5));
  CHECK(std::isnan(rank_correlation(a, flat)));
}

TEST_CASE("bench map measures every map in every place") {
  const Json map = bench("map --repeats 1 --threads 2");
  CHECK(map["rows"].size() % 3 == 0);
  for (const char* place : {"L1", "L2", "memory"})
    CHECK(map["summary"]["best_vs_memcpy"][place].get<double>() > 0);
}

TEST_CASE("a contest reports times, and what goes wrong in a contestant's process") {
  Contest contest;
  add(contest, "fast", 7, 100);
  add(contest, "slow", 7, 3000);
  const std::vector<double> seconds = contest.race(0, 3);
  CHECK(seconds[0] >= 100e-6);
  CHECK(seconds[1] >= 3000e-6);
  CHECK(seconds[0] < seconds[1]);
  CHECK(std::isnan(contest.race(3, 1)[0]));
  CHECK_THROWS_WITH_AS(contest.race(1, 1), "fast: no such thing", Error);
  CHECK_THROWS_WITH_AS(contest.race(2, 1), doctest::Contains("ended unexpectedly"), Error);
}

TEST_CASE("a contest refuses to time contestants whose results differ") {
  Contest contest;
  add(contest, "ours", 7);
  add(contest, "theirs", 8);
  CHECK_THROWS_WITH_AS(contest.race(0, 1), doctest::Contains("ours and theirs differ"), Error);
}
