#include <algorithm>

#include "data/base/file.h"
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

std::string import_command(const fs::path& folder, const fs::path& out) {
  return program("import") + " " + folder.string() + " --out " + out.string();
}

}  // namespace

TEST_CASE("import: a folder of pictures becomes the files of CIFAR-10's binary version") {
  const Scratch scratch;
  write_image_folder(scratch.path / "pictures", 4, 2);
  const fs::path out = scratch.path / "made" / "here";
  const Ran ran = run(import_command(scratch.path / "pictures", out));
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK(ran.out.find("automobile       4       2\n") != std::string::npos);
  CHECK(ran.out.find("total           40      20\n") != std::string::npos);

  const Dataset train = load_train(out), test = load_test(out);
  REQUIRE(train.size() == 40);
  REQUIRE(test.size() == 20);
  for (int i = 0; i < train.size(); ++i) CHECK(train.picture(i)[0] == train.labels()[size_t(i)]);
  for (int i = 0; i < test.size(); ++i) CHECK(test.picture(i)[2] == 1);
  CHECK(load_records(out / "data_batch_5.bin").size() == 8);
  CHECK(run("head -n 2 " + (out / "batches.meta.txt").string()).out == "airplane\nautomobile\n");

  // Once more, byte for byte; and what is there is never overwritten.
  REQUIRE(run(import_command(scratch.path / "pictures", scratch.path / "again")).status == 0);
  CHECK(run("diff -r " + out.string() + " " + (scratch.path / "again").string()).status == 0);
  const Ran refused = run(import_command(scratch.path / "pictures", out));
  CHECK(refused.status == 1);
  CHECK(refused.err.find("exists already") != std::string::npos);
}

TEST_CASE("import: an error names all files at fault and leaves nothing behind") {
  const Scratch scratch;
  write_image_folder(scratch.path / "pictures", 1, 1);
  write_file(scratch.path / "pictures/test/truck/0.png", std::string("no picture"));
  write_file(scratch.path / "pictures/train/cat/0.png", std::string("no picture"));
  const Ran ran = run(import_command(scratch.path / "pictures", scratch.path / "out"));
  CHECK(ran.status == 1);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("error: 2 pictures cannot be used:\n") != std::string::npos);
  CHECK(ran.err.find("train/cat/0.png: cannot be decoded") != std::string::npos);
  CHECK(ran.err.find("test/truck/0.png: cannot be decoded") != std::string::npos);
  const fs::directory_iterator left(scratch.path);
  CHECK(std::distance(begin(left), end(left)) == 1);
}
