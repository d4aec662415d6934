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

TEST_CASE("import: twelve classes of another side, or grey, from class folders alone") {
  const Scratch scratch;
  for (int label = 0; label < 12; ++label) {
    const fs::path folder = scratch.path / "birds" / ("bird " + std::to_string(10 + label));
    fs::create_directories(folder);
    for (int i = 0; i < 10; ++i)
      write_picture(folder / (std::to_string(i) + ".png"), 50, 60, 3,
                    std::vector<uint8_t>(50 * 60 * 3, uint8_t(20 * label)));
  }
  const fs::path birds = scratch.path / "birds";
  write_file(birds / "bird 10/bird.tif", std::string("II*"));
  write_file(birds / "bird 10/.DS_Store", std::string("of macOS"));
  fs::create_directory(birds / "bird 11/young");
  for (const std::string more : {" --side 48", " --grey --side 48"}) {
    const fs::path out = scratch.path / ("out" + more.substr(3, 4));
    const Ran ran = run(import_command(birds, out) + more);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    const auto says = [&](const char* text) { return ran.err.find(text) != std::string::npos; };
    CHECK(says("a tenth of each class is the test set, drawn with --seed 1"));
    CHECK(says("bird 10/bird.tif: is a picture of a kind that cannot be read"));
    CHECK(says("bird 11/young: is a folder inside a class, whose pictures are not read"));
    CHECK(says("ignored: 1 names that begin with a dot"));
    CHECK(ran.out.find("bird 21          9       1\n") != std::string::npos);

    const Dataset train = load_train(out), test = load_test(out);
    const int channels = more == " --side 48" ? 3 : 1;
    CHECK(train.shape() == Shape{48, 48, channels});
    REQUIRE(train.classes().size() == 12);
    CHECK(train.classes()[11] == "bird 21");
    CHECK(train.size() == 108);
    CHECK(test.size() == 12);
    for (int i = 0; i < train.size(); ++i)
      CHECK(train.picture(i)[7] == 20 * train.labels()[size_t(i)]);
    const nlohmann::json json = json_of(out / "dataset.json");
    CHECK(json["side"] == 48);
    CHECK(json["channels"] == channels);
    CHECK(json["classes"] == 12);
    CHECK(json["label_bytes"] == 1);
    // A network for other pictures does not run on them.
    const Ran refused = run(program("evaluate") + " nets/weights/nin.q8 --data " + out.string());
    CHECK(refused.status == 1);
    CHECK(refused.err.find("holds 48x48") != std::string::npos);
  }
  const Ran wrong = run(import_command(birds, scratch.path / "never") + " --side 97");
  CHECK(wrong.status == 2);
}

TEST_CASE("import: the seed decides which pictures become the test set") {
  const Scratch scratch;
  for (const char* name : {"a", "b"}) {
    fs::create_directories(scratch.path / "pictures" / name);
    for (int i = 0; i < 20; ++i)
      write_picture(scratch.path / "pictures" / name / (std::to_string(i) + ".png"), 1, 1, 1,
                    {uint8_t(10 * i)});
  }
  const auto drawn = [&](const std::string& name, const std::string& more) {
    const fs::path out = scratch.path / name;
    REQUIRE(run(import_command(scratch.path / "pictures", out) + more).status == 0);
    return pixels_of(load_test(out));
  };
  const std::vector<uint8_t> first = drawn("1", "");
  CHECK(drawn("2", " --seed 1") == first);
  CHECK(drawn("3", " --seed 2") != first);
}

TEST_CASE("import: an empty folder is filled as it stands, a mount point maybe, or '.'") {
  const Scratch scratch;
  write_image_folder(scratch.path / "pictures", 1, 1);
  const fs::path out = scratch.path / "out";
  fs::create_directories(out / "lost+found");
  write_file(out / ".DS_Store", std::string("of macOS"));
  // What a killed ./import left.
  fs::create_directory(out / ".dataset.trisegment-1-0.tmp");
  const auto inode = [&] { return run("stat -c %i " + out.string()).out; };
  const std::string before = inode();
  const std::string here = fs::absolute(program("import")).string();
  const Ran ran = run("cd " + out.string() + " && " + here + " ../pictures --out .");
  INFO(ran.err);
  CHECK(ran.status == 0);
  CHECK(inode() == before);
  CHECK(load_train(out).size() == 10);
  CHECK(load_test(out).size() == 10);
  CHECK(run("ls -A " + out.string()).out ==
        ".DS_Store\nbatches.meta.txt\ndata_batch_1.bin\ndata_batch_2.bin\ndata_batch_3.bin\n"
        "data_batch_4.bin\ndata_batch_5.bin\nlost+found\ntest_batch.bin\n");
  const Ran again = run(import_command(scratch.path / "pictures", out));
  CHECK(again.status == 1);
  CHECK(again.err.find("exists already and holds ") != std::string::npos);
}
