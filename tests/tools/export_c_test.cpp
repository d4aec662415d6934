// tests/export_c.sh on a small student: other compilers, other processors.
#include <sstream>

#include "data/base/file.h"
#include "data/cifar.h"
#include "engine/integer/model_file.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

TEST_CASE(
    "the C export passes its checks from outside, on every processor that QEMU and a cross "
    "compiler are there for" *
    doctest::skip(!have("gcc") || !have("python3")) *
    doctest::description("needs gcc and python3")) {
  const Scratch scratch;
  Rng rng(35);
  Model model = random_model(residual_layers(), rng);
  model.classes = cifar10_classes();
  model.net = "small-net";
  model.staircases = random_staircases(model, rng);
  const std::string file = (scratch.path / "small.tri").string();
  save(model, file);
  save_records(scratch.path / "data_batch_1.bin", random_pictures(5, 6));
  save_records(scratch.path / "test_batch.bin", random_pictures(20, 7));
  const Ran ran = run("tests/export_c.sh " + file + " " + scratch.path.string());
  INFO(ran.err);
  INFO(ran.out);
  REQUIRE(ran.status == 0);
  CHECK(ran.out.find("'small-net' is no identifier of C: files and symbols are called small_net") !=
        std::string::npos);
  CHECK(ran.out.find("gcc: small-net: 10 pictures, 11 layers: all equal") != std::string::npos);
  CHECK(ran.out.find("./evaluate --logits: 20 pictures, all equal") != std::string::npos);
  size_t equal = 0;
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("skipped: ")) MESSAGE(line);
    equal += line.find("all equal") != std::string::npos;
  }
  CHECK(equal >= 2);
}

TEST_CASE("export tells in one line what it cannot do, and leaves nothing behind") {
  const Bench bench;
  const std::string folder = (bench.scratch.path / "exported").string();
  const Ran unknown = run(program("export") + " " + bench.teacher + " --format d --out " + folder);
  CHECK(unknown.status == 2);
  std::vector<uint8_t> bytes = read_file(bench.teacher);
  bytes[bytes.size() / 2] ^= 1;
  write_file(bench.teacher + "x", bytes);
  const Ran damaged = run(program("export") + " " + bench.teacher + "x --format c --out " + folder);
  CHECK(damaged.status == 1);
  CHECK(damaged.err.find("error: " + bench.teacher + "x") == 0);
  CHECK(!std::filesystem::exists(folder));
  const Ran nowhere =
      run(program("export") + " " + bench.teacher + " --format c --out /proc/exported");
  CHECK(nowhere.status == 1);
  CHECK(nowhere.err.find("error: /proc/exported") == 0);
}
