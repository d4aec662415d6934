#include "data/cifar.h"

#include "data/base/file.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> numbered_classes(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("class " + std::to_string(i));
  return names;
}

// The files of a data set of one picture each, whose dataset.json and names a test then damages.
struct OwnFiles {
  Scratch scratch;
  fs::path folder = scratch.path / "own";
  OwnFiles() { save_dataset(folder, made(5), made(1)); }
  static Dataset made(int count) {
    return noise_pictures(count, 1, {16, 16, 1}, numbered_classes(3));
  }
  void write(const std::string& json) const { write_file(folder / "dataset.json", json); }
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
  CHECK(labels_of(data) == std::vector<uint16_t>{0, 9});
  CHECK(data.shape() == Shape{32, 32, 3});
  CHECK(data.classes() == cifar10_classes());
  const uint8_t* pixel = data.picture(1) + (2 * 32 + 5) * 3;
  CHECK(pixel[0] == 10);
  CHECK(pixel[1] == 20);
  CHECK(pixel[2] == 30);

  save_records(scratch.path / "again.bin", data);
  CHECK(read_file(scratch.path / "again.bin") == file);
}

TEST_CASE("cifar10: a truncated, empty, missing or mislabeled file is refused by name") {
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

  const Dataset data = noise_pictures(6, 1);
  save_records(scratch.path / "data_batch_1.bin", data.slice(0, 1));
  save_records(scratch.path / "data_batch_2.bin", data.slice(1, 3));
  CHECK(pixels_of(load_train(scratch.path)) == pixels_of(data.slice(0, 3)));

  save_records(scratch.path / "data_batch_4.bin", data.slice(5, 6));
  CHECK_THROWS_WITH_AS(load_train(scratch.path), Contains("data_batch_3.bin: not found"), Error);
  save_records(scratch.path / "data_batch_3.bin", data.slice(3, 5));
  CHECK(labels_of(load_train(scratch.path)) == labels_of(data));

  save_records(scratch.path / "test_batch.bin", data);
  CHECK(pixels_of(load_test(scratch.path)) == pixels_of(data));
}

TEST_CASE("cifar10: the data set is written complete, into a new or empty folder only") {
  const Scratch scratch;
  const fs::path folder = scratch.path / "out";
  const Dataset train = noise_pictures(13, 1), test = noise_pictures(4, 2);
  fs::create_directory(folder);
  save_dataset(folder, train, test);
  CHECK(pixels_of(load_train(folder)) == pixels_of(train));
  CHECK(labels_of(load_test(folder)) == labels_of(test));
  CHECK(kind_of_data(folder) == "cifar10");
  CHECK(!fs::exists(folder / "dataset.json"));
  CHECK(load_records(folder / "data_batch_5.bin").size() == 3);

  CHECK_THROWS_WITH_AS(save_dataset(folder, train, test), Contains("exists already"), Error);
  write_file(scratch.path / "file", std::string("text"));
  CHECK_THROWS_WITH_AS(save_dataset(scratch.path / "file" / "out", train, test),
                       Contains("cannot be written"), Error);
}

TEST_CASE("cifar100: two label bytes, the second one counts, and the names are the archive's") {
  const Scratch scratch;
  std::vector<uint8_t> file(3 * 3074);
  file[3074] = 19, file[3074 + 1] = 99;              // the second record's labels,
  file[2 * 3074 + 2 + 1 * 1024 + 32 * 2 + 5] = 200;  // and the third's green at row 2, column 5
  write_file(scratch.path / "train.bin", file);
  CHECK_THROWS_WITH_AS(load_train(scratch.path), Contains("fine_label_names.txt: cannot be read"),
                       Error);
  std::string names;
  for (const std::string& name : numbered_classes(100)) names += name + "\n";
  write_file(scratch.path / "fine_label_names.txt", names + "\n");

  const Dataset data = load_train(scratch.path);
  CHECK(kind_of_data(scratch.path) == "cifar100");
  CHECK(data.classes() == numbered_classes(100));
  CHECK(labels_of(data) == std::vector<uint16_t>{0, 99, 0});
  CHECK(data.picture(2)[(2 * 32 + 5) * 3 + 1] == 200);
  CHECK_THROWS_WITH_AS(load_test(scratch.path), Contains("test.bin: not found"), Error);

  for (const auto& [at, value, message] :
       {std::tuple(3074, 20, "record 1 has coarse label 20, expected 0..19"),
        std::tuple(1, 100, "record 0 has label 100, expected 0..99")}) {
    std::vector<uint8_t> bad = file;
    bad[size_t(at)] = uint8_t(value);
    write_file(scratch.path / "test.bin", bad);
    CHECK_THROWS_WITH_AS(load_test(scratch.path), Contains(message), Error);
  }
}

TEST_CASE("records: a set of any shape and number of classes comes back as it was written") {
  for (const auto& [shape, classes] :
       {std::pair(Shape{48, 48, 3}, 12), std::pair(Shape{16, 16, 1}, 2),
        std::pair(Shape{96, 96, 3}, 256), std::pair(Shape{32, 32, 3}, 257),
        std::pair(Shape{17, 17, 1}, 1000), std::pair(Shape{32, 32, 3}, 10)}) {
    CAPTURE(shape.h);
    CAPTURE(classes);
    const Scratch scratch;
    const fs::path folder = scratch.path / "out";
    const Dataset plain = noise_pictures(8, 5, shape, numbered_classes(classes));
    std::vector<uint16_t> labels = labels_of(plain);
    labels.front() = uint16_t(classes - 1);
    const Dataset all = plain.relabeled(numbered_classes(classes), labels);
    save_dataset(folder, all.slice(0, 7), all.slice(7, 8));
    const Dataset train = load_train(folder), test = load_test(folder);
    CHECK(kind_of_data(folder) == "records");
    CHECK(train.shape() == shape);
    CHECK(train.classes() == numbered_classes(classes));
    CHECK(pixels_of(train) == pixels_of(all.slice(0, 7)));
    CHECK(labels_of(train) == labels_of(all.slice(0, 7)));
    CHECK(pixels_of(test) == pixels_of(all.slice(7, 8)));
    CHECK(fs::file_size(folder / "test_batch.bin") == shape.size() + (classes > 256 ? 2 : 1));
  }
}

TEST_CASE("records: a dataset.json that is damaged or out of range is refused by name") {
  const OwnFiles own;
  CHECK(load_train(own.folder).size() == 5);
  const auto json = [](const char* side, const char* channels, const char* classes,
                       const char* label_bytes, const char* version = "1") {
    return std::string("{\"version\": ") + version + ", \"side\": " + side +
           ", \"channels\": " + channels + ", \"classes\": " + classes +
           ", \"label_bytes\": " + label_bytes + "}";
  };
  own.write(json("16", "1", "3", "1"));
  CHECK(load_train(own.folder).size() == 5);
  for (const auto& [text, message] :
       {std::pair(std::string("no JSON"), "is no JSON"),
        std::pair(std::string("[1, 2]"), "version is missing"),
        std::pair(std::string(100'000, '['), "nests deeper than 16"),
        std::pair(json("16", "1", "3", "1", "2"), "version is missing or out of range"),
        std::pair(json("15", "1", "3", "1"),
                  "side is missing or out of range, expected a number of 16..96"),
        std::pair(json("97", "1", "3", "1"), "side is missing or out of range"),
        std::pair(json("16.5", "1", "3", "1"), "side is missing or out of range"),
        std::pair(json("18446744073709551615", "1", "3", "1"), "side is missing or out of range"),
        std::pair(json("\"16\"", "1", "3", "1"), "side is missing or out of range"),
        std::pair(json("16", "2", "3", "1"), "channels is 2"),
        std::pair(json("16", "4", "3", "1"), "channels is missing or out of range"),
        std::pair(json("16", "1", "1", "1"), "classes is missing or out of range"),
        std::pair(json("16", "1", "1001", "2"), "classes is missing or out of range"),
        std::pair(json("16", "1", "300", "1"),
                  "batches.meta.txt: has 3 lines, expected the names of 300"),
        std::pair(json("16", "1", "3", "0"), "label_bytes is missing or out of range"),
        std::pair(json("16", "1", "3", "3"), "label_bytes is missing or out of range"),
        std::pair(json("17", "1", "3", "1"), "expected one or more whole records of 290 bytes"),
        std::pair(json("16", "1", "4", "1"), "has 3 lines, expected the names of 4 classes")}) {
    CAPTURE(text.substr(0, 100));
    own.write(text);
    CHECK_THROWS_WITH_AS(load_train(own.folder), Contains(message), Error);
  }
  // Names: one that is empty, one that is not printable, one too long.
  own.write(json("16", "1", "3", "1"));
  for (const std::string& names : {std::string("a\n\nc\n"), std::string("a\nb\x1b\nc\n"),
                                   "a\nb\n" + std::string(256, 'c') + "\n"}) {
    write_file(own.folder / "batches.meta.txt", names);
    CHECK_THROWS_WITH_AS(load_train(own.folder), Contains("is no name of a class"), Error);
  }
}

TEST_CASE("records: a file alone is what its folder says it is") {
  const OwnFiles own;
  CHECK(load_records(own.folder / "data_batch_2.bin").shape() == Shape{16, 16, 1});
}
