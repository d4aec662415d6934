#include "data/find_data.h"

#include <cstdlib>

#include "data/base/file.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

// $CIFAR10_DIR and the working folder, put back when the test ends.
struct Surroundings {
  std::string variable = std::getenv("CIFAR10_DIR") ? std::getenv("CIFAR10_DIR") : "";
  fs::path folder = fs::current_path();
  Surroundings() { unsetenv("CIFAR10_DIR"); }
  ~Surroundings() {
    if (!variable.empty()) setenv("CIFAR10_DIR", variable.c_str(), 1);
    fs::current_path(folder);
  }
};

// Makes an empty file, and the folders above it.
void touch(const fs::path& file) {
  fs::create_directories(file.parent_path());
  write_file(file, std::string());
}

}  // namespace

TEST_CASE("data: the folder is the one named, then $CIFAR10_DIR, then the default, then none") {
  const Surroundings restore;
  const Scratch scratch;
  fs::current_path(scratch.path);
  CHECK(find_data("").empty());

  for (const char* folder : {"named", "variable", "data/cifar-10-batches-bin"}) {
    fs::create_directories(folder);
    save_records(fs::path(folder) / "test_batch.bin", noise_pictures(1, 1));
  }
  CHECK(find_data("") == "data/cifar-10-batches-bin");
  setenv("CIFAR10_DIR", "variable", 1);
  CHECK(find_data("") == "variable");
  CHECK(find_data("named") == "named");
}

TEST_CASE("data: a folder that was named but does not hold the data set is an error") {
  const Surroundings restore;
  const Scratch scratch;
  fs::current_path(scratch.path);
  CHECK_THROWS_WITH_AS(find_data("gone"), Contains("gone (--data): not found"), Error);
  setenv("CIFAR10_DIR", "gone", 1);
  CHECK_THROWS_WITH_AS(find_data(""), Contains("gone ($CIFAR10_DIR): not found"), Error);
  unsetenv("CIFAR10_DIR");

  write_file("plain", std::string("text"));
  CHECK_THROWS_WITH_AS(find_data("plain"), Contains("plain (--data): is not a folder"), Error);
  fs::create_directories("data/cifar-10-batches-bin");
  CHECK_THROWS_WITH_AS(find_data(""), Contains("holds neither data_batch_1.bin nor"), Error);
}

TEST_CASE("data: what lies in place of a data set is named, with the command that helps") {
  const Scratch scratch;
  const fs::path& root = scratch.path;
  const auto told = [&](const std::string& name, const std::string& what) {
    CAPTURE(name);
    CHECK_THROWS_WITH_AS(find_data((root / name).string()), Contains(what.c_str()), Error);
  };
  save_dataset(root / "parent/cifar-10-batches-bin", noise_pictures(5, 1), noise_pictures(1, 2));
  told("parent", "is the folder above the data set, expected the data set's own: --data " +
                     (root / "parent/cifar-10-batches-bin").string());
  save_dataset(root / "it's/here", noise_pictures(5, 1), noise_pictures(1, 2));
  told("it's", "--data '" + root.string() + "/it'\\''s/here'");

  touch(root / "python/data_batch_1"), touch(root / "python/batches.meta");
  told("python", "is the Python version, expected the binary one: 'make cifar10'");
  touch(root / "above/cifar-10-batches-py/data_batch_1");
  told("above", "holds no data set, but cifar-10-batches-py, which is the Python version");
  touch(root / "python100/train");
  told("python100", "is the Python version");
  touch(root / "matlab/data_batch_1.mat");
  told("matlab", "is the MATLAB version");
  touch(root / "matlab100/train.mat");
  told("matlab100", "is the MATLAB version");

  touch(root / "cifar-10-binary.tar.gz");
  told("cifar-10-binary.tar.gz",
       "unpack it with 'tar -xf " + (root / "cifar-10-binary.tar.gz").string() +
           " -C data' and name what comes out: --data data/cifar-10-batches-bin");
  touch(root / "cifar-100-binary.tar.gz");
  told("cifar-100-binary.tar.gz", "--data data/cifar-100-binary");
  touch(root / "cifar-10-python.tar.gz");
  told("cifar-10-python.tar.gz", "is the Python version");
  touch(root / "cifar-10-matlab.tar.gz");
  told("cifar-10-matlab.tar.gz", "is the MATLAB version");
  touch(root / "photographs.tar.xz");
  told("photographs.tar.xz", "mkdir -p data/unpacked && tar -xf");
  touch(root / "download/cifar-10-binary.tar.gz");
  told("download", "holds no data set, but cifar-10-binary.tar.gz, which is an archive");

  touch(root / "pictures/cat/1.png"), touch(root / "pictures/dog/1.png");
  told("pictures", "'./import " + (root / "pictures").string() + " --out data/imported'");
  fs::create_directory(root / "empty");
  told("empty", "holds neither data_batch_1.bin nor");
}
