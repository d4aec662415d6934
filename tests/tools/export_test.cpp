// ./export, and ./evaluate --logits, with which what it writes is compared.
#include <algorithm>
#include <cstring>

#include "data/base/file.h"
#include "data/cifar.h"
#include "engine/integer/int_net.h"
#include "nets/nets.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

TEST_CASE("evaluate --logits writes those of all test pictures, in their order") {
  const Bench bench;
  const fs::path file = bench.scratch.path / "logits";
  const std::string command =
      program("evaluate") + " " + bench.teacher + " --data " + bench.data + " --logits ";
  const Ran ran = run(command + file.string());
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const std::vector<uint8_t> bytes = read_file(file);
  const std::vector<int32_t> expected =
      logits_of(IntNet(load_model(bench.teacher, table_of)), load_test(bench.data));
  REQUIRE(bytes.size() == 20 * 10 * 4);
  CHECK(std::memcmp(bytes.data(), expected.data(), bytes.size()) == 0);

  const Ran refused = run(command + (bench.scratch.path / "no/folder").string());
  CHECK(refused.status == 1);
  CHECK(refused.out.empty());
  CHECK(run(command + file.string() + " --images x.png").status == 2);
}
