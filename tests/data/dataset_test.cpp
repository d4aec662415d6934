#include "data/dataset.h"

#include "data/base/error.h"
#include "data/split.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;

namespace {

// Numbers of the pictures that a part of a set holds.
std::pair<int, int> range(const Dataset& part, const Dataset& all) {
  const int begin = int(size_t(part.picture(0) - all.picture(0)) / all.shape().size());
  return {begin, begin + part.size()};
}

Dataset of_size(int count) {
  const size_t n = size_t(count);
  return {{1, 1, 1}, {}, std::vector<uint8_t>(n), std::vector<uint16_t>(n)};
}

}  // namespace

TEST_CASE("dataset: a slice, a slice of it and a copy show the same memory") {
  const Dataset data = noise_pictures(7, 1, {17, 17, 1}, {"a", "b", "c"});
  const Dataset part = data.slice(2, 6), inner = part.slice(1, 3), copy = data;
  CHECK(part.picture(0) == data.picture(2));
  CHECK(inner.picture(1) == data.picture(4));
  CHECK(copy.pixels().data() == data.pixels().data());
  CHECK(inner.pixels().size() == 2 * 17 * 17);
  CHECK(labels_of(inner) == std::vector{data.labels()[3], data.labels()[4]});
  CHECK(inner.classes() == data.classes());
  CHECK(data.slice(7, 7).size() == 0);
  CHECK(Dataset().pixels().empty());
  CHECK(Dataset().labels().empty());
}

TEST_CASE("dataset: a part outlives the set that it was cut from") {
  Dataset part;
  std::vector<uint8_t> expected;
  {
    const Dataset data = noise_pictures(3, 1);
    part = data.slice(1, 2);
    expected = pixels_of(part);
  }
  const Dataset other = noise_pictures(3, 2);  // would take the memory that was freed
  CHECK(pixels_of(part) == expected);
}

TEST_CASE("dataset: new labels for a part leave its pixels where they are") {
  const Dataset data = noise_pictures(5, 1);
  const Dataset part = data.slice(2, 4).relabeled({"x", "y"}, {1, 0});
  CHECK(labels_of(part) == std::vector<uint16_t>{1, 0});
  CHECK(labels_of(part.slice(1, 2)) == std::vector<uint16_t>{0});
  CHECK(part.picture(0) == data.picture(2));
  CHECK(part.classes().size() == 2);
  CHECK(data.classes().size() == 10);
}

TEST_CASE("dataset: two sets are joined in order, and only where they are alike") {
  const Dataset data = noise_pictures(5, 1);
  const Dataset both = joined(data.slice(0, 2), data.slice(2, 5), "more.bin");
  CHECK(pixels_of(both) == pixels_of(data));
  CHECK(labels_of(both) == labels_of(data));
  CHECK_THROWS_WITH_AS(joined(data, noise_pictures(2, 1, {16, 16, 1}, {"a", "b"}), "more.bin"),
                       Contains("more.bin: holds 16x16 grey pictures of 2 classes, expected 32x32 "
                                "pictures of 10 classes"),
                       Error);
  for (const Dataset& other :
       {noise_pictures(2, 1, {16, 16, 3}), noise_pictures(2, 1, kPictureShape, {"a", "b"})})
    CHECK_THROWS_AS(joined(data, other, "more.bin"), Error);
}

TEST_CASE("dataset: a network made for other pictures or classes is refused by the set's name") {
  const Dataset data = noise_pictures(1, 1);
  CHECK_NOTHROW(require_fit(data, "birds", {32, 32, 3}, 10));
  CHECK_THROWS_WITH_AS(require_fit(data, "birds", {48, 48, 3}, 10),
                       Contains("birds: holds 32x32 pictures, expected 48x48"), Error);
  CHECK_THROWS_WITH_AS(require_fit(data, "birds", {32, 32, 1}, 10), Contains("32x32 grey"), Error);
  CHECK_THROWS_WITH_AS(require_fit(data, "birds", {32, 32, 3}, 12),
                       Contains("birds: has 10 classes, expected 12"), Error);
  CHECK_NOTHROW(require_fit(data.relabeled({}, {0}), "sheet", {32, 32, 3}, 12));
}

TEST_CASE("split: the last 2,048 records are held out of training, or of few the last tenth") {
  CHECK(held_out_count(50'000) == 2048);
  CHECK(held_out_count(20'480) == 2048);
  CHECK(held_out_count(20'479) == 2047);
  CHECK(held_out_count(600) == 60);
  CHECK(held_out_count(9) == 1);
  CHECK(held_out_count(2) == 1);
  CHECK(held_out_count(1) == 0);
}

TEST_CASE("split: a search of CIFAR-10 takes the parts that it always took") {
  const Dataset data = of_size(50'000);
  const Splits s = split(data, {512, 1024, 2048, 8192}, held_out_count(50'000));
  CHECK(range(s.held_out, data) == std::pair(47'952, 50'000));
  CHECK(range(s.search, data) == std::pair(46'928, 47'952));
  CHECK(range(s.calibration, data) == std::pair(46'416, 46'928));
  CHECK(range(s.reconstruction, data) == std::pair(39'760, 47'952));
}

TEST_CASE("split: of what training holds out, nothing but the choice sees any") {
  for (const int count : {2, 3, 9, 40, 600, 5000, 30'000})
    for (const SplitSizes& sizes :
         {SplitSizes{512, 1024, 2048, 8192}, SplitSizes{12, 20, 4, 50'000}, SplitSizes{1, 1, 1, 0},
          SplitSizes{4000, 50'000, 50'000, 50'000}}) {
      CAPTURE(count);
      const Dataset data = of_size(count);
      const int reserved = held_out_count(count);
      const Splits s = split(data, sizes, reserved);
      CHECK(s.held_out.size() == std::min(reserved, sizes.held_out));
      CHECK(range(s.held_out, data).second == count);
      for (const Dataset* part : {&s.calibration, &s.search}) {
        CHECK(part->size() >= 1);
        CHECK(range(*part, data).second <= count - reserved);
      }
      if (count >= 40) CHECK(range(s.calibration, data).second <= range(s.search, data).first);
      CHECK(s.reconstruction.size() <= sizes.reconstruction);
      CHECK(range(s.reconstruction, data).second <= count - reserved);
    }
}

TEST_CASE("split: where no picture was trained on, all parts shrink alike") {
  const Dataset data = of_size(768);
  const Splits s = split(data, {512, 1024, 2048, 8192}, 0);
  CHECK(range(s.calibration, data) == std::pair(0, 109));
  CHECK(range(s.search, data) == std::pair(109, 328));
  CHECK(range(s.held_out, data) == std::pair(328, 766));
  CHECK(range(s.reconstruction, data) == std::pair(0, 328));
  const Dataset one = of_size(1);
  const Splits same = split(one, {512, 1024, 2048, 8192}, held_out_count(1));
  for (const Dataset* part : {&same.calibration, &same.search, &same.held_out})
    CHECK(part->size() == 1);
}
