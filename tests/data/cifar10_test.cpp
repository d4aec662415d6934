#include "data/cifar10.h"

#include <cstdlib>

#include "data/base/file.h"
#include "data/base/rng.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

Dataset noise(int count, uint64_t seed = 1) {
  Rng rng(seed);
  Dataset data;
  for (int i = 0; i < count * kPictureBytes; ++i) data.pixels.push_back(uint8_t(rng.below(256)));
  for (int i = 0; i < count; ++i) data.labels.push_back(uint8_t(rng.below(kClasses)));
  return data;
}

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

}  // namespace

TEST_CASE("cifar10: a file has a label byte and three planes a record, memory has RGB pixels") {
  const Scratch scratch;
  std::vector<uint8_t> file(2 * 3073);
  file[3073] = 9;                               // the second record's label,
  file[3073 + 1 + 0 * 1024 + 32 * 2 + 5] = 10;  // and red, green and blue at row 2, column 5
  file[3073 + 1 + 1 * 1024 + 32 * 2 + 5] = 20;
  file[3073 + 1 + 2 * 1024 + 32 * 2 + 5] = 30;
  write_file(scratch.path / "two.bin", file);

  const Dataset data = load_records(scratch.path / "two.bin");
  REQUIRE(data.size() == 2);
  CHECK(data.labels == std::vector<uint8_t>{0, 9});
  const uint8_t* pixel = data.picture(1) + (2 * 32 + 5) * 3;
  CHECK(pixel[0] == 10);
  CHECK(pixel[1] == 20);
  CHECK(pixel[2] == 30);

  save_records(scratch.path / "again.bin", data);
  CHECK(read_file(scratch.path / "again.bin") == file);
}

TEST_CASE("cifar10: slice and append cut and join records") {
  const Dataset data = noise(5);
  Dataset joined = data.slice(0, 2);
  CHECK(joined.size() == 2);
  joined.append(data.slice(2, 5));
  CHECK(joined.pixels == data.pixels);
  CHECK(joined.labels == data.labels);
  CHECK(data.slice(5, 5).size() == 0);
}

TEST_CASE("cifar10: a truncated, empty, missing or mislabelled file is refused by name") {
  const Scratch scratch;
  const fs::path path = scratch.path / "bad.bin";
  CHECK_THROWS_WITH_AS(load_records(path), Contains("bad.bin: cannot be read"), Error);
  CHECK_THROWS_WITH_AS(load_records(scratch.path), Contains("is a folder"), Error);

  write_file(path, std::vector<uint8_t>{});
  CHECK_THROWS_WITH_AS(load_records(path), Contains("bad.bin: holds 0 bytes"), Error);

  std::vector<uint8_t> bytes(2 * 3073);
  bytes.pop_back();
  write_file(path, bytes);
  CHECK_THROWS_WITH_AS(load_records(path), Contains("(1 records and 3072 bytes), expected"), Error);

  bytes.push_back(0);
  bytes[3073] = 10;
  write_file(path, bytes);
  CHECK_THROWS_WITH_AS(load_records(path), Contains("record 1 has label 10, expected 0..9"), Error);
}

TEST_CASE("cifar10: training files are read in order, and none may be missing in between") {
  const Scratch scratch;
  CHECK_THROWS_WITH_AS(load_train(scratch.path), Contains("data_batch_1.bin: not found"), Error);
  CHECK_THROWS_WITH_AS(load_test(scratch.path), Contains("test_batch.bin: not found"), Error);

  const Dataset data = noise(6);
  save_records(scratch.path / "data_batch_1.bin", data.slice(0, 1));
  save_records(scratch.path / "data_batch_2.bin", data.slice(1, 3));
  CHECK(load_train(scratch.path).pixels == data.slice(0, 3).pixels);

  save_records(scratch.path / "data_batch_4.bin", data.slice(5, 6));
  CHECK_THROWS_WITH_AS(load_train(scratch.path), Contains("data_batch_3.bin: not found"), Error);
  save_records(scratch.path / "data_batch_3.bin", data.slice(3, 5));
  CHECK(load_train(scratch.path).labels == data.labels);

  save_records(scratch.path / "test_batch.bin", data);
  CHECK(load_test(scratch.path).pixels == data.pixels);
}

TEST_CASE("cifar10: the folder is the one named, then $CIFAR10_DIR, then the default, then none") {
  const Surroundings restore;
  const Scratch scratch;
  fs::current_path(scratch.path);
  CHECK(find_cifar10("").empty());

  for (const char* folder : {"named", "variable", "data/cifar-10-batches-bin"}) {
    fs::create_directories(folder);
    save_records(fs::path(folder) / "test_batch.bin", noise(1));
  }
  CHECK(find_cifar10("") == "data/cifar-10-batches-bin");
  setenv("CIFAR10_DIR", "variable", 1);
  CHECK(find_cifar10("") == "variable");
  CHECK(find_cifar10("named") == "named");
}

TEST_CASE("cifar10: a folder that was named but does not hold the data set is an error") {
  const Surroundings restore;
  const Scratch scratch;
  fs::current_path(scratch.path);
  CHECK_THROWS_WITH_AS(find_cifar10("gone"), Contains("gone (--data): not found"), Error);
  setenv("CIFAR10_DIR", "gone", 1);
  CHECK_THROWS_WITH_AS(find_cifar10(""), Contains("gone ($CIFAR10_DIR): not found"), Error);
  unsetenv("CIFAR10_DIR");

  write_file("plain", std::string("text"));
  CHECK_THROWS_WITH_AS(find_cifar10("plain"), Contains("plain (--data): is not a folder"), Error);
  fs::create_directories("data/cifar-10-batches-bin");
  CHECK_THROWS_WITH_AS(find_cifar10(""), Contains("holds neither data_batch_1.bin nor"), Error);
}

TEST_CASE("cifar10: the data set is written complete, into a new or empty folder only") {
  const Scratch scratch;
  const fs::path folder = scratch.path / "out";
  const Dataset train = noise(13), test = noise(4, 2);
  fs::create_directory(folder);
  save_cifar10(folder, train, test);
  CHECK(load_train(folder).pixels == train.pixels);
  CHECK(load_test(folder).labels == test.labels);
  CHECK(load_records(folder / "data_batch_5.bin").size() == 3);

  CHECK_THROWS_WITH_AS(save_cifar10(folder, train, test), Contains("exists already"), Error);
  write_file(scratch.path / "file", std::string("text"));
  CHECK_THROWS_WITH_AS(save_cifar10(scratch.path / "file" / "out", train, test),
                       Contains("cannot be written"), Error);
}
