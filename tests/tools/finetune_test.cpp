// ./finetune from the command line on: a small data set.
#include <algorithm>
#include <cmath>

#include "data/base/file.h"
#include "data/cifar.h"
#include "distill/judge/kl.h"
#include "engine/integer/int_net.h"
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/ranks.h"
#include "tests/support/test.h"
#include "tools/pipeline/finetuning.h"
#include "tools/report/csv.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

// Moves the biases of a teacher's logits so that each class has the same mean on random pictures: a
// random teacher says the same of all else.
void balance(const std::string& file) {
  Model model = load_model(file, table_of);
  const Dataset pictures = random_pictures(200, 7);
  const std::vector<int32_t> logits = logits_of(IntNet(model), pictures);
  QuantLayer& last = model.quant.back();
  const size_t classes = last.bias.size();
  for (size_t k = 0; k < classes; ++k) {
    double mean = 0;
    for (size_t i = k; i < logits.size(); i += classes) mean += logits[i] / double(pictures.size());
    last.bias[k] -= int32_t(std::lround(mean * std::exp2(last.shift[k]) / last.m[k]));
  }
  save(model, file);
}

struct Students {
  Bench bench;
  std::string student = bench.out + "/alexnet.tri", command;
  explicit Students(bool balanced = false) {
    if (balanced) balance(bench.teacher);
    const Ran ran = bench.search("--algo mse --reconstruction 0 --data " + bench.data);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    command = program("finetune") + " " + student + " --teacher " + bench.teacher + " --data " +
              bench.data + " --epochs 3 --batch 12 --attention 0.1 --energy 0.2 --out ";
  }
};

// What two ranks write of a fine-tuning to `out`.
std::vector<uint8_t> shared(const FinetuningRun& run, const TrainingData& data, fs::path out) {
  FinetuningRun leads = run;
  leads.out = std::move(out);
  const TrainingEvents events;
  const std::atomic<bool> never{false};
  on_ranks(
      2, [&](const Ranks& ranks) { finetune(leads, data, events, never, &ranks); },
      [&](const Ranks& ranks) { help_finetune(run, data, ranks); });
  return read_file(leads.out);
}

}  // namespace

TEST_CASE("finetune writes a student of the same staircases that is no worse where it chooses") {
  const Students s;
  const std::string file = (s.bench.scratch.path / "a.tri").string();
  const Ran ran = run(s.command + file);
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK(ran.out.find("fine-tuned") != std::string::npos);
  const Model before = load_model(s.student, table_of), after = load_model(file, table_of);
  CHECK(after.staircases == before.staircases);
  CHECK(after.teacher == checksum(load_model(s.bench.teacher, table_of)));
  const auto json = json_of(s.bench.scratch.path / "a.json");
  CHECK(json["finetuned"]["held_out_kl"] <= json["start"]["held_out_kl"]);
  CHECK(json["finetuned"]["checksum"] == std::to_string(checksum(after)));
  CHECK(fs::exists(s.bench.scratch.path / "a.run.json"));
  const Csv csv = read_csv(s.bench.scratch.path / "a.csv");
  REQUIRE(csv.rows.size() == 3);
  CHECK(csv.rows[0][size_t(csv.column("algorithm"))] == "finetune");
  CHECK(!csv.rows[0][size_t(csv.column("held_out_energy_uj"))].empty());
  // With --json the report is printed, and the same as the file.
  const Ran as_json = run(s.command + file + " --resume --json");
  INFO(as_json.err);
  CHECK(nlohmann::json::parse(as_json.out) == json_of(s.bench.scratch.path / "a.json"));
  CHECK(as_json.err.find("its curves: ./report " + file) != std::string::npos);
  CHECK(run(program("evaluate") + " " + file + " --data " + s.bench.data).status == 0);
}

TEST_CASE("a fine-tuning killed after an epoch and resumed ends as an unbroken one") {
  const Students s;
  const std::string whole = (s.bench.scratch.path / "whole.tri").string();
  const std::string broken = (s.bench.scratch.path / "broken.tri").string();
  REQUIRE(run(s.command + whole).status == 0);
  run(s.command + broken + " & pid=$!; while kill -0 $pid && ! [ -e " + broken +
      ".ckpt ]; do sleep 0.01; done; kill -KILL $pid; wait $pid");
  REQUIRE(fs::exists(broken + ".ckpt"));
  const Ran other = run(s.command + broken + " --resume --labels 0.5");
  CHECK(other.status == 1);
  CHECK(other.err.find("--labels was 0.3") != std::string::npos);
  CHECK(run(s.command + broken + " --resume --temperature 1").status == 1);
  const Ran last = run(s.command + broken + " --resume");
  INFO(last.err);
  REQUIRE(last.status == 0);
  CHECK(read_file(broken) == read_file(whole));
  CHECK(read_file(broken + ".ckpt") == read_file(whole + ".ckpt"));
  auto a = json_of(s.bench.scratch.path / "whole.json");
  auto b = json_of(s.bench.scratch.path / "broken.json");
  CHECK(a == b);
}

TEST_CASE("finetune refuses what does not belong together") {
  const Students s;
  const auto refused = [&](const std::string& files, const std::string& why) {
    const Ran ran = run(program("finetune") + " " + files + " --data " + s.bench.data);
    CAPTURE(ran.err);
    CHECK(ran.status == 1);
    CHECK(ran.err.find(why) != std::string::npos);
  };
  refused(s.bench.teacher + " --teacher " + s.bench.teacher, "is a teacher; give a student");
  refused(s.student + " --teacher " + s.student, "is a student; give its teacher");
  Model other = load_model(s.bench.teacher, table_of);
  other.quant[0].bias[0] += 1;
  const std::string file = (s.bench.scratch.path / "other.q8").string();
  save(other, file);
  refused(s.student + " --teacher " + file, "is the student of another teacher");
  refused(s.student + " --batch 4000 --teacher " + s.bench.teacher, "needs as many pictures");
  const std::string table = (s.bench.scratch.path / "table.json").string();
  write_file(table, std::string("{\"add8\": 0, \"add16\": 0, \"add32\": 0, \"multiply8\": 0, "
                                "\"multiply32\": 0, \"sram\": {\"1\": 0}}"));
  refused(s.student + " --energy-table " + table + " --teacher " + s.bench.teacher,
          "table.json: costs the teacher nothing");
}

TEST_CASE("a search that ends with fine-tuning reports what it wrote, killed and resumed or not") {
  const Bench bench;
  const auto search = [&](const std::string& out, const std::string& more) {
    return program("search") + " alexnet --teacher " + bench.teacher + " --data " + bench.data +
           " --batch 4 --pool 20 --held-out 4 --calibration 12 --algo mse --reconstruction 0 " +
           "--out " + out + (more.empty() || more == " --resume" ? " --finetune 3" : "") + more;
  };
  const std::string whole = bench.out + "/whole", broken = bench.out + "/broken";
  const Ran ran = run(search(whole, ""));
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK(ran.out.find("fine-tuned") != std::string::npos);
  auto result = json_of(whole + "/result.json");
  CHECK(result["finetuned"]["held_out_kl"] <= result["finetuned"]["start_held_out_kl"]);
  CHECK(result["selected"]["before_finetuning"]["test_kl"] == result["start"]["test_kl"]);
  CHECK(load_model(whole + "/alexnet.tri", table_of).staircases.size() == 7);

  run(search(broken, "") + " & pid=$!; while kill -0 $pid && ! [ -e " + broken +
      "/alexnet-fine.tri.ckpt ]; do sleep 0.01; done; kill -KILL $pid; wait $pid");
  REQUIRE(fs::exists(broken + "/alexnet-fine.tri.ckpt"));
  // All but the fine-tuning is measured, and the student of before it stands.
  const auto killed = json_of(broken + "/result.json");
  CHECK(killed["unfinished"] == std::vector<std::string>{"fine-tuning"});
  CHECK(killed["selected"]["test_kl"] == result["selected"]["before_finetuning"]["test_kl"]);
  CHECK(killed["student"]["checksum"] ==
        std::to_string(checksum(load_model(broken + "/alexnet.tri", table_of))));
  REQUIRE(run(search(broken, " --resume")).status == 0);
  auto again = json_of(broken + "/result.json");
  result.erase("seconds"), again.erase("seconds");
  CHECK(again == result);
  CHECK(read_file(broken + "/alexnet.tri") == read_file(whole + "/alexnet.tri"));

  // Interrupted while it learns, it writes what it has.
  const std::string stopped = bench.out + "/stopped";
  const Ran interrupted =
      run(search(stopped, " --finetune 100000") + " & pid=$!; while kill -0 $pid && ! [ -e " +
          stopped + "/alexnet-fine.tri.ckpt ]; do sleep 0.01; done; kill -INT $pid; wait $pid");
  INFO(interrupted.err);
  CHECK(interrupted.status == 130);
  CHECK(fs::exists(stopped + "/alexnet.tri"));
  const auto result_of_stopped = json_of(stopped + "/result.json");
  CHECK(result_of_stopped["finetuned"]["epochs"] == 100000);
  CHECK(result_of_stopped["unfinished"] == std::vector<std::string>{"fine-tuning"});
}

TEST_CASE("--max-drop gives layers back to 8 bits until the student holds, or none is left") {
  const Students s;
  const fs::path folder = s.bench.scratch.path;
  const std::string file = (folder / "a.tri").string();
  // The teacher of this test knows nothing, so a student may be right more often: a limit that
  // every student keeps, and one that none does.
  const Ran kept = run(s.command + file + " --max-drop 100");
  INFO(kept.err);
  REQUIRE(kept.status == 0);
  CHECK(kept.out.find("every staircase kept") != std::string::npos);
  const Model before = load_model(s.student, table_of);
  CHECK(load_model(file, table_of).staircases == before.staircases);
  CHECK(json_of(folder / "a.json")["given_back"].empty());
  CHECK(json_of(folder / "a.json")["within_max_drop"] == true);
  CHECK(read_file(file) == read_file(folder / "a.round0.tri"));
}

TEST_CASE(
    "--max-drop takes the most sensitive layer per microjoule, and a resumed one ends alike") {
  const Students s(true);
  const fs::path folder = s.bench.scratch.path;
  // Pictures that the teacher knows and the student does not, and a rate at which nothing is
  // learned.
  const IntNet teacher(load_model(s.bench.teacher, table_of)),
      student(load_model(s.student, table_of));
  const Staircases staircases(student.model(), student.model().staircases);
  const Dataset many = random_pictures(600, 5);
  const std::vector<int> right = top1(logits_of(teacher, many), 10),
                         wrong = top1(logits_of(student, many, {.staircases = &staircases}), 10);
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  for (int i = 0; i < many.size() && labels.size() < 40; ++i) {
    if (right[size_t(i)] == wrong[size_t(i)]) continue;
    pixels.insert(pixels.end(), many.picture(i), many.picture(i) + many.shape().size());
    labels.push_back(uint16_t(right[size_t(i)]));
  }
  REQUIRE(labels.size() == 40);
  save_records(s.bench.data + "/data_batch_1.bin",
               Dataset(many.shape(), cifar10_classes(), pixels, labels));
  const std::string whole = (folder / "a.tri").string(), broken = (folder / "b.tri").string();
  const Ran ran = run(s.command + whole + " --max-drop 0 --rate 1e-7");
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const auto json = json_of(folder / "a.json");
  const Model after = load_model(whole, table_of);
  const auto count = [](const Model& model) {
    return std::count_if(model.staircases.begin(), model.staircases.end(),
                         [](const auto& f) { return f.has_value(); });
  };
  const auto kept = count(after);
  REQUIRE(json["given_back"].size() > 0);
  CHECK(kept == count(student.model()) - std::ptrdiff_t(json["given_back"].size()));
  CHECK((json["within_max_drop"] == true || kept == 0));
  CHECK(json["finetuned"]["energy"] > json["start"]["energy"]);
  for (const auto& name : json["given_back"])
    CHECK(!after.staircases[size_t(after.tap(name.get<std::string>()))]);

  run(s.command + broken + " --max-drop 0 --rate 1e-7 & pid=$!; while kill -0 $pid && ! [ -e " +
      (folder / "b.round1.tri.ckpt").string() +
      " ]; do sleep 0.01; done; kill -KILL $pid; wait $pid");
  CHECK(!fs::exists(broken));
  REQUIRE(run(s.command + broken + " --max-drop 0 --rate 1e-7 --resume").status == 0);
  CHECK(read_file(broken) == read_file(whole));
  CHECK(json_of(folder / "b.json") == json);

  // Ranks go through the same rounds.
  FinetuningRun rounds{};
  rounds.student = student.model(), rounds.teacher = teacher.model();
  rounds.recipe = finetuning_recipe_of("alexnet");
  rounds.recipe.epochs = rounds.recipe.qat_epochs = 3;
  rounds.recipe.batch = 12, rounds.recipe.parts = 2, rounds.recipe.rate = 1e-7f;
  rounds.max_drop = 0;
  const TrainingData data = training_data(load_train(s.bench.data), "", load_test(s.bench.data));
  const TrainingEvents events;
  const std::atomic<bool> stop{false};
  rounds.out = folder / "alone.tri";
  CHECK(finetune(rounds, data, events, stop).given_back.size() > 0);
  CHECK(shared(rounds, data, folder / "ranks.tri") == read_file(folder / "alone.tri"));
}

TEST_CASE(
    "the weight of energy rises while a student costs too much, and falls to what was given") {
  CHECK(next_energy_weight(0, 0, 103, 100) > next_energy_weight(0, 0, 101, 100));
  CHECK(next_energy_weight(0, 0, 101, 100) > 0);
  CHECK(next_energy_weight(0.5, 0, 100, 100) > 0.5);
  CHECK(next_energy_weight(0.5, 0, 98, 100) < 0.5);
  CHECK(next_energy_weight(0.5, 0, 10, 100) == 0);
  CHECK(next_energy_weight(0.5, 0.2, 10, 100) == 0.2);
}

TEST_CASE("an energy budget holds for what fine-tuning writes, resumed, shared or not") {
  const Students s;
  const fs::path folder = s.bench.scratch.path;
  FinetuningRun run{};
  run.student = load_model(s.student, table_of),
  run.teacher = load_model(s.bench.teacher, table_of);
  run.recipe = finetuning_recipe_of("alexnet");
  run.recipe.epochs = run.recipe.qat_epochs = 4;
  run.recipe.batch = 12, run.recipe.parts = 2, run.recipe.rate = 1e-5f;
  run.out = folder / "free.tri";
  const TrainingData data = training_data(load_train(s.bench.data), "", load_test(s.bench.data));
  const TrainingEvents events;
  const std::atomic<bool> never{false};
  const FinetuningResult free = finetune(run, data, events, never);
  const std::vector<StudentEpoch> frees = student_epochs(folder / "free.csv");
  REQUIRE(frees.back().row.energy < free.start_row.energy);

  // The start earns most and costs too much.
  REQUIRE(free.epoch == 0);
  run.energy_limit = (free.start_row.energy + frees.back().row.energy) / 2;
  run.out = folder / "held.tri";
  const FinetuningResult held = finetune(run, data, events, never);
  CHECK(held.epoch > 0);
  CHECK(held.best_row.energy <= *run.energy_limit);
  CHECK(checksum(load_model(run.out, table_of)) == checksum(held.model));
  const std::vector<StudentEpoch> helds = student_epochs(folder / "held.csv");
  CHECK(helds[0].row.energy == frees[0].row.energy);
  CHECK(helds[1].row.energy < frees[1].row.energy);

  FinetuningRun broken = run;
  broken.out = folder / "broken.tri";
  std::atomic<bool> stop{false};
  TrainingEvents stopping;
  stopping.epoch = [&](int epoch, std::optional<double>) { stop = epoch == 2; };
  CHECK_THROWS_AS(finetune(broken, data, stopping, stop), Error);
  broken.resume = true;
  CHECK(finetune(broken, data, events, never).epoch == held.epoch);
  CHECK(read_file(broken.out) == read_file(run.out));
  CHECK(student_epochs(folder / "broken.csv").back().row.energy == helds.back().row.energy);
  CHECK(shared(run, data, folder / "ranks.tri") == read_file(run.out));

  run.energy_limit = 0.5 * free.start_row.energy;
  FinetuningRun within = run;
  within.out = folder / "within.tri", within.start_is_within = true;
  CHECK(finetune(within, data, events, never).best_row.energy <= free.start_row.energy);
  run.out = folder / "little.tri";
  CHECK_THROWS_WITH_AS(finetune(run, data, events, never),
                       doctest::Contains("no epoch keeps the energy budget"), Error);
  CHECK(!fs::exists(run.out));
  for (const char* wrong : {" --energy-budget 5", " --energy-budget 30% --max-drop 1"}) {
    INFO(wrong);
    CHECK(::run(s.command + run.out.string() + wrong).status == 2);
  }
}
