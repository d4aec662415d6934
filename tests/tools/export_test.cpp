// ./export, and ./evaluate --logits, with which what it writes is compared.
#include <unistd.h>

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

TEST_CASE("export writes each format, and one line where it cannot") {
  const Bench bench;
  const fs::path out = bench.scratch.path / "exported" / "here";
  const std::string command = program("export") + " " + bench.teacher + " --out " + out.string();
  const std::vector<std::pair<std::string, std::string>> files = {{"onnx", "alexnet.onnx"},
                                                                  {"qonnx", "alexnet.qonnx.onnx"}};
  const std::string help = run(program("export") + " --help").out;
  for (const auto& [format, file] : files) {
    CAPTURE(format);
    CHECK(help.find("\n  " + format + " ") != std::string::npos);
    const Ran ran = run(command + " --format " + format);
    CHECK(ran.status == 0);
    CHECK(ran.err == "wrote " + out.string() + "\n");
    CHECK(fs::file_size(out / file) > 100000);
  }
  CHECK(std::distance(fs::directory_iterator(out), {}) == int(files.size()));

  const auto cost = nlohmann::json::parse(run(command + " --format c --json").out);
  CHECK(cost["teacher"]["multiplications"] > 1e6);
  CHECK(cost["student"].is_null());

  const Ran unknown = run(command + " --format onx");
  CHECK(unknown.status == 2);
  CHECK(unknown.err.find("did you mean 'onnx'?") != std::string::npos);
}

TEST_CASE(
    "export of a damaged file, or to a folder that cannot be written, leaves nothing behind") {
  const Bench bench;
  const fs::path damaged = bench.scratch.path / "damaged.q8", out = bench.scratch.path / "out";
  std::vector<uint8_t> bytes = read_file(bench.teacher);
  bytes[bytes.size() / 2] ^= 1;
  write_file(damaged, bytes);
  const auto lines = [](const Ran& ran) { return std::ranges::count(ran.err, '\n'); };
  const Ran refused =
      run(program("export") + " " + damaged.string() + " --format onnx --out " + out.string());
  CHECK(refused.status == 1);
  CHECK(refused.err.starts_with("error: " + damaged.string()));
  CHECK(lines(refused) == 1);
  CHECK(!fs::exists(out));

  fs::create_directory(out);
  fs::permissions(out, fs::perms::owner_read | fs::perms::owner_exec);
  // Where the user is root, nothing is read-only: a folder inside a file then stands for it.
  const fs::path closed = geteuid() == 0 ? damaged / "folder" : out;
  const Ran denied =
      run(program("export") + " " + bench.teacher + " --format onnx --out " + closed.string());
  CHECK(denied.status == 1);
  CHECK(denied.err.starts_with("error: " + closed.string() + ": cannot be written to: "));
  CHECK(lines(denied) == 1);
  CHECK(fs::is_empty(out));
  fs::permissions(out, fs::perms::owner_all);
}
