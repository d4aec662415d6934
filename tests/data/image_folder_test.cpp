#include "data/image_folder.h"

#include <algorithm>
#include <set>

#include "data/base/file.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

ImportedSet load(const fs::path& folder, Shape shape = kPictureShape) {
  return load_image_folder(list_image_folder(folder, 1), shape);
}

// Plain folders CLASS/, so many pictures in each; a picture's color is (class, number, 0).
void write_classes(const fs::path& folder, const std::vector<std::string>& classes, int count) {
  for (size_t label = 0; label < classes.size(); ++label) {
    fs::create_directories(folder / classes[label]);
    for (int i = 0; i < count; ++i)
      write_picture(folder / classes[label] / (std::to_string(i) + ".png"), 1, 1, 3,
                    {uint8_t(label), uint8_t(i), 0});
  }
}

bool mentions(const std::vector<std::string>& list, const std::string& text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("folders: every picture comes with its label, mixed, always in one order") {
  const Scratch scratch;
  write_image_folder(scratch.path, 20, 3);
  const ImageFolder list = list_image_folder(scratch.path, 1);
  CHECK(list.ignored.empty());
  CHECK(list.classes == cifar10_classes());
  CHECK(list.has_test_folder);
  const ImportedSet pictures = load_image_folder(list, kPictureShape);
  REQUIRE(pictures.train.size() == 200);
  REQUIRE(pictures.test.size() == 30);

  std::set<std::pair<int, int>> seen;
  for (int i = 0; i < 200; ++i) {
    const uint8_t* pixel = pictures.train.picture(i);
    CHECK(pixel[0] == pictures.train.labels()[size_t(i)]);
    CHECK(pixel[2] == 0);
    seen.insert({pixel[0], pixel[1]});
  }
  CHECK(seen.size() == 200);
  for (int part = 0; part < 5; ++part) {
    const auto begin = pictures.train.labels().begin() + part * 40;
    CHECK(std::set<int>(begin, begin + 40).size() >= 8);
  }
  CHECK(pixels_of(load(scratch.path).train) == pixels_of(pictures.train));
}

TEST_CASE("folders: any classes, of any side, grey too, in the order of their names") {
  const Scratch scratch;
  write_classes(scratch.path / "train", {"wren", "Robin", "emu"}, 2);
  write_classes(scratch.path / "test", {"wren", "Robin", "emu"}, 1);
  const ImportedSet set = load(scratch.path, {48, 48, 1});
  CHECK(set.train.classes() == std::vector<std::string>{"Robin", "emu", "wren"});
  CHECK(set.train.shape() == Shape{48, 48, 1});
  CHECK(set.train.size() == 6);
  CHECK(set.test.size() == 3);
}

TEST_CASE("folders: without train/ and test/ a tenth of each class is drawn, by the seed") {
  const Scratch scratch;
  write_classes(scratch.path, {"a", "b"}, 30);
  const ImageFolder list = list_image_folder(scratch.path, 1);
  CHECK(!list.has_test_folder);
  CHECK(list.train.size() == 54);
  CHECK(list.test.size() == 6);
  std::set<fs::path> files, drawn;
  int of_b = 0;
  for (const LabeledFile& f : list.train) files.insert(f.file);
  for (const LabeledFile& f : list.test) {
    files.insert(f.file), drawn.insert(f.file);
    of_b += f.label;
    CHECK(f.file.parent_path().filename() == (f.label ? "b" : "a"));
  }
  CHECK(files.size() == 60);
  CHECK(of_b == 3);
  const auto drawn_with = [&](uint64_t seed) {
    std::set<fs::path> again;
    for (const LabeledFile& f : list_image_folder(scratch.path, seed).test) again.insert(f.file);
    return again;
  };
  CHECK(drawn_with(1) == drawn);
  CHECK(drawn_with(2) != drawn);
}

TEST_CASE("folders: what is ignored is named with the reason, but for names with a dot in front") {
  const Scratch scratch;
  write_image_folder(scratch.path, 1, 1);
  const fs::path cat = scratch.path / "train/cat";
  fs::rename(cat / "0.png", cat / "0.PNG");
  write_file(cat / "notes.txt", std::string("soft"));
  write_file(cat / "a.webp", std::string("RIFF"));
  write_file(cat / "._0.png", std::string("what macOS leaves"));
  fs::create_directory(cat / "kittens");
  fs::copy_file(cat / "0.PNG", cat / "kittens/1.png");
  write_file(scratch.path / "train/README", std::string("text"));
  fs::create_directory(scratch.path / "train/.thumbnails");
  const ImageFolder list = list_image_folder(scratch.path, 1);
  CHECK(list.train.size() == 10);
  CHECK(list.ignored.size() == 4);
  CHECK(list.hidden == 2);
  CHECK(mentions(list.ignored, "cat/notes.txt: is not named as a picture is"));
  CHECK(mentions(list.ignored, "cat/a.webp: is a picture of a kind that cannot be read"));
  CHECK(mentions(list.ignored, "cat/kittens: is a folder inside a class"));
  CHECK(mentions(list.ignored, "train/README: is in no class's folder"));
}

TEST_CASE("folders: one that is not as expected is refused with the place and the reason") {
  const Scratch scratch;
  const fs::path& root = scratch.path;
  const auto refused = [&](const std::string& message) {
    CHECK_THROWS_WITH_AS(list_image_folder(root, 1), Contains(message.c_str()), Error);
  };
  CHECK_THROWS_WITH_AS(list_image_folder(root / "gone", 1), Contains("gone: not found"), Error);
  refused("has 0 classes, expected a folder for each of 2 to 1000");
  write_classes(root, {"only"}, 3);
  refused("has 1 classes, expected");
  write_classes(root, {"other"}, 1);
  refused("other: holds 1 picture, expected at least 2");
  fs::create_directory(root / "none");
  refused("none: holds no pictures");
  fs::create_directory(root / "bad\nname");
  refused("a control character");

  fs::create_directory(root / "train");
  refused("test: not found");
  for (const auto& entry : fs::directory_iterator(root)) fs::remove_all(entry);
  write_image_folder(root, 1, 1);
  write_classes(root / "test", {"zebra"}, 1);
  refused("test/zebra: is not a class of train/");
  fs::remove_all(root / "test/zebra");
  fs::remove(root / "test/ship/0.png");
  refused("test/ship: holds no pictures");
  fs::remove(root / "test/ship");
  refused("test/ship: not found");
}

TEST_CASE("folders: a thousand classes are taken, one more is refused") {
  const Scratch scratch;
  std::vector<std::string> names;
  for (int i = 0; i < kMostClasses; ++i) names.push_back("c" + std::to_string(1000 + i));
  write_classes(scratch.path, names, 2);
  const ImageFolder list = list_image_folder(scratch.path, 1);
  CHECK(list.train.size() == 1000);
  CHECK(std::any_of(list.test.begin(), list.test.end(),
                    [](const LabeledFile& f) { return f.label == 999; }));
  write_classes(scratch.path, {"one more"}, 2);
  CHECK_THROWS_WITH_AS(list_image_folder(scratch.path, 1), Contains("has 1001 classes"), Error);
}
