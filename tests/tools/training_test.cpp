// ./train from the command line on: a small data set.
#include "data/base/file.h"
#include "data/cifar.h"
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/test.h"
#include "tools/report/csv.h"

using namespace tri;
namespace fs = std::filesystem;

// The columns of a training's log, for ever.
static const std::vector<std::string> kColumns = {
    "algorithm",          "seed",         "epoch",     "loss",           "accuracy",
    "held_out_accuracy",  "rate",         "quantized", "pictures_per_s", "held_out_kl",
    "held_out_energy_uj", "held_out_cost"};

TEST_CASE("train writes a teacher that evaluate reads, and goes on from its checkpoint") {
  const Bench bench;
  const std::string train =
      program("train") + " nin --epochs 1 --batch 20 --data " + bench.data + " --out ";
  const std::string file = (bench.scratch.path / "nin.q8").string();
  const Ran ran = run(train + file);
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK(ran.out.find("in integers") != std::string::npos);
  CHECK(run(program("evaluate") + " " + file + " --data " + bench.data).status == 0);
  const auto trained = read_file(file);
  fs::remove(file);
  REQUIRE(run(train + file + " --resume").status == 0);
  CHECK(read_file(file) == trained);

  const Ran narrow = run(train + file + " --narrow-epochs 1");
  CHECK(narrow.status == 1);
  CHECK(narrow.err.find("are more than all") != std::string::npos);
}

TEST_CASE("a training killed or stopped at any epoch ends with the file of an unbroken one") {
  // Epoch 1 on half the channels, then wide, the last one quantized.
  const Bench bench;
  const std::string train = program("train") + " mobilenetv1 --epochs 3 --narrow-epochs 1 " +
                            "--batch 12 --data " + bench.data + " --out ";
  const fs::path whole = bench.scratch.path / "whole", broken = bench.scratch.path / "broken";
  fs::create_directory(whole), fs::create_directory(broken);
  REQUIRE(run("touch -d @0 " + broken.string() + "/seen").status == 0);
  REQUIRE(run(train + (whole / "a.q8").string()).status == 0);
  const std::string file = (broken / "a.q8").string(), checkpoint = file + ".ckpt";
  // Killed as soon as the checkpoint of an epoch is there, twice; then interrupted.
  std::string options;
  for (const char* signal : {"KILL", "KILL", "INT"}) {
    run(train + file + options + " 2>" + broken.string() +
        "/log & pid=$!; while kill -0 $pid && ! [ " + checkpoint + " -nt " + broken.string() +
        "/seen ]; do sleep 0.02; done; kill -" + signal + " $pid; wait $pid; touch " +
        broken.string() + "/seen");
    REQUIRE(fs::exists(checkpoint));
    options = " --resume";
  }
  const Ran last = run(train + file + options);
  INFO(last.err);
  REQUIRE(last.status == 0);
  CHECK(read_file(file) == read_file(whole / "a.q8"));
  CHECK(read_file(checkpoint) == read_file(whole / "a.q8.ckpt"));
  // The log of an unbroken training but for its speed, whose columns scripts rely on.
  Csv csv = read_csv(broken / "a.csv"), unbroken = read_csv(whole / "a.csv");
  CHECK(csv.columns == kColumns);
  CHECK(csv.rows.size() == 3);
  for (Csv* log : {&csv, &unbroken})
    for (auto& row : log->rows) row[size_t(log->column("pictures_per_s"))].clear();
  CHECK(csv.rows == unbroken.rows);
  CHECK(csv.rows[0][0] == "train");
  CHECK(csv.rows[2][2] == "3");
}

TEST_CASE("an interrupted training says how to go on, and leaves no teacher") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "nin.q8").string();
  const Ran ran = run("timeout --foreground -s INT 4 " + program("train") +
                      " nin --epochs 1000 --batch 20 --data " + bench.data + " --out " + file);
  CHECK(ran.err.find("--resume") != std::string::npos);
  CHECK(!fs::exists(file));
}

TEST_CASE("a second training of the same file is refused; one that was killed is in nobody's way") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "nin.q8").string(), lock = file + ".lock";
  const std::string train =
      program("train") + " nin --batch 20 --data " + bench.data + " --out " + file + " --epochs ";
  const Ran two =
      run(train + "1000 & pid=$!; while kill -0 $pid && ! [ -s " + lock +
          " ]; do sleep 0.02; done; " + train + "1; echo $? $pid; kill -KILL $pid; wait $pid");
  INFO(two.err);
  const std::string pid = two.out.substr(2, two.out.find('\n') - 2);
  CHECK(two.out.starts_with("1 "));
  CHECK(two.err.find("nin.q8: process " + pid + " on ") != std::string::npos);
  CHECK(fs::exists(lock));
  const Ran after = run(train + "1 --narrow-epochs 0");
  INFO(after.err);
  CHECK(after.status == 0);
  CHECK(!fs::exists(lock));
}

TEST_CASE("train refuses rates, epochs and batches out of range, and too few pictures") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "nin.q8").string();
  const std::string train = program("train") + " nin --data " + bench.data + " --out " + file + " ";
  for (const char* wrong :
       {"--rate 0", "--rate -1", "--rate nan", "--rate inf", "--rate 1e39", "--rate 1e-60",
        "--epochs 0", "--epochs -3", "--batch 0", "--batch 100000", "--narrow-epochs -1"}) {
    CAPTURE(wrong);
    CHECK(run(train + wrong).status == 2);
  }
  const Ran few = run(train + "--batch 37");
  CHECK(few.status == 1);
  CHECK(few.err.find("a batch of 37 needs as many pictures, and 36 are there to learn from: have "
                     "41 training pictures") != std::string::npos);
  CHECK(!fs::exists(file + ".ckpt"));
}

TEST_CASE("a training that diverges stops, and keeps the last good checkpoint") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "nin.q8").string();
  const std::string train = program("train") +
                            " nin --epochs 3 --narrow-epochs 0 --batch 12 --data " + bench.data +
                            " --out " + file;
  const Ran ran = run(train + " --rate 1e30");
  CHECK(ran.status == 1);
  CHECK(ran.err.find(" no longer finite in epoch 1, step ") != std::string::npos);
  CHECK(ran.err.find("the training diverges, try a lower rate") != std::string::npos);
  CHECK(!fs::exists(file));
  CHECK(!fs::exists(file + ".ckpt"));
  // Where it diverges later, what was good stays.
  REQUIRE(run(train).status == 0);
  const auto good = read_file(file + ".ckpt");
  CHECK(run(train + " --rate 1e30").status == 1);
  CHECK(read_file(file + ".ckpt") == good);
  CHECK(!fs::exists(file + ".old"));
}

TEST_CASE(
    "train: --resume starts where there is nothing, goes on, refuses what is another training") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "nin.q8").string();
  const std::string train =
      program("train") + " nin --epochs 1 --data " + bench.data + " --out " + file;
  const Ran first = run(train + " --batch 12 --resume");
  INFO(first.err);
  REQUIRE(first.status == 0);
  CHECK(first.err.find("nin.q8.ckpt: not there, so the training starts anew") != std::string::npos);
  const auto trained = read_file(file);
  const Ran again = run(train + " --batch 12 --resume");
  CHECK(again.status == 0);
  CHECK(read_file(file) == trained);
  CHECK(!fs::exists(file + ".old"));
  const Ran other = run(train + " --batch 18 --seed 3 --resume");
  CHECK(other.status == 1);
  CHECK(other.err.find("--batch was 12 and is 18, --seed was 1 and is 3") != std::string::npos);
  const Ran from = run(train + " --batch 12 --resume --from " + file);
  CHECK(from.status == 1);
  CHECK(from.err.find("the checksum of --from was none and is ") != std::string::npos);
  // Anew: the files of before are kept.
  const Ran anew = run(train + " --batch 18");
  CHECK(anew.status == 0);
  for (const std::string name : {"nin.q8", "nin.q8.ckpt", "nin.csv"}) {
    CHECK(fs::exists(bench.scratch.path / (name + ".old")));
    CHECK(anew.err.find(name + ": of an earlier training, kept as ") != std::string::npos);
  }
  CHECK(read_file(file + ".old") == trained);
}

TEST_CASE("a few pictures, nine or all black, make a network that runs") {
  const Bench bench;
  const std::string file = (bench.scratch.path / "a.q8").string();
  const auto flat = [&](int count, uint8_t pixel) {
    std::vector<uint16_t> labels;
    for (int i = 0; i < count; ++i) labels.push_back(uint16_t(i % 10));
    std::vector<uint8_t> pixels(size_t(count) * kPictureBytes, pixel);
    save_records(bench.data + "/data_batch_1.bin",
                 Dataset(kPictureShape, cifar10_classes(), std::move(pixels), std::move(labels)));
  };
  flat(20, 0);
  for (const char* net : {"mobilenetv1 --batch 9 --epochs 2", "alexnet --batch 18 --epochs 1"}) {
    const Ran black =
        run(program("train") + " " + net + " --data " + bench.data + " --out " + file);
    CAPTURE(net);
    CHECK(black.err.find("nan") == std::string::npos);
    CHECK(black.status == 0);
    CHECK(run(program("evaluate") + " " + file + " --data " + bench.data).status == 0);
  }
  flat(9, 200);
  const Ran nine = run(program("train") + " nin --narrow-epochs 0 --batch 4 --epochs 1 --data " +
                       bench.data + " --out " + file);
  CHECK(nine.status == 0);
  CHECK(nine.err.find("nan") == std::string::npos);
}
