#include "tests/support/program.h"

#include <sys/wait.h>

#include <cstdlib>

#include "data/base/file.h"
#include "engine/integer/model.h"
#include "nets/nets.h"
#include "tests/support/random_model.h"

using namespace tri;
namespace fs = std::filesystem;

Ran run(const std::string& command) {
  const Scratch scratch;
  const auto out = scratch.path / "out", err = scratch.path / "err";
  const int status =
      std::system(("( " + command + " ) >" + out.string() + " 2>" + err.string()).c_str());
  REQUIRE(WIFEXITED(status));
  const auto text = [](const fs::path& file) {
    const std::vector<uint8_t> bytes = read_file(file);
    return std::string(bytes.begin(), bytes.end());
  };
  return {WEXITSTATUS(status), text(out), text(err)};
}

std::string program(const std::string& name) {
  const char* folder = std::getenv("BIN");
  return (folder && *folder ? folder : "./") + name;
}

nlohmann::json json_of(const fs::path& file) {
  const auto bytes = read_file(file);
  return nlohmann::json::parse(bytes.begin(), bytes.end());
}

Bench::Bench() {
  fs::create_directory(data);
  const Dataset pictures = random_pictures(60, 3).relabeled(cifar10_classes(), labels_in_turn(60));
  save_records(data + "/data_batch_1.bin", pictures.slice(0, 40));
  save_records(data + "/test_batch.bin", pictures.slice(40, 60));
  Rng rng(1);
  // Narrow, as many a test starts programs with it.
  Model model = random_model(table_of({"alexnet", "", 0.25}, kPictureShape, kClasses), rng);
  model.net = "alexnet";
  save(model, teacher);
}

Ran Bench::search(const std::string& more) const {
  return run(program("search") + " alexnet --teacher " + teacher +
             " --batch 4 --pool 20 --held-out 12 --calibration 12" +
             (more.find("--out") == std::string::npos ? " --out " + out : "") +
             (more.find("--episodes") == std::string::npos ? " --episodes 20 " : " ") + more);
}
