#include "data/batch.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// Picture i: red counts columns, green counts rows, blue is i. No pixel is kPixelZero throughout.
Dataset coordinates(int count) {
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  for (int i = 0; i < count; ++i) {
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        pixels.insert(pixels.end(), {uint8_t(x), uint8_t(y), uint8_t(i)});
    labels.push_back(uint16_t(i % kClasses));
  }
  return {kPictureShape, cifar10_classes(), std::move(pixels), std::move(labels)};
}

struct Batch {
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  bool operator==(const Batch&) const = default;
  const uint8_t* at(int i, int y, int x) const {
    return &pixels[size_t((i * kSide + y) * kSide + x) * kChannels];
  }
};

Batch get(const Epoch& epoch, int batch, int index) {
  Batch out{std::vector<uint8_t>(size_t(batch) * kPictureBytes),
            std::vector<uint16_t>(size_t(batch))};
  epoch.get(index, out.pixels.data(), out.labels.data());
  return out;
}

bool is_zero(const uint8_t* pixel) {
  return std::all_of(pixel, pixel + kChannels, [](uint8_t v) { return v == kPixelZero; });
}

constexpr Augment kNone{0, false, 0};

}  // namespace

TEST_CASE("batch: normalize maps the zero pixel to 0 and is exact") {
  std::vector<uint8_t> pixels(256);
  for (int i = 0; i < 256; ++i) pixels[size_t(i)] = uint8_t(i);
  std::vector<float> x(256);
  normalize(pixels.data(), x.size(), x.data());
  CHECK(x[0] == -2.0f);
  CHECK(x[kPixelZero] == 0.0f);
  CHECK(x[129] == 1.0f / 64);
  CHECK(x[255] == 127.0f / 64);
}

TEST_CASE("batch: an epoch shows every picture once, with its label, in another order each time") {
  const Dataset data = coordinates(40);
  const Epoch first(data, 8, 1, 0, kNone), second(data, 8, 1, 1, kNone);
  REQUIRE(first.batches() == 5);
  std::set<int> seen;
  bool shuffled = false, differs = false;
  for (int index = 0; index < first.batches(); ++index) {
    const Batch batch = get(first, 8, index), other = get(second, 8, index);
    for (int i = 0; i < 8; ++i) {
      const int record = batch.at(i, 0, 0)[2];
      seen.insert(record);
      CHECK(batch.labels[size_t(i)] == data.labels()[size_t(record)]);
      CHECK(std::equal(batch.at(i, 0, 0), batch.at(i, 0, 0) + kPictureBytes, data.picture(record)));
      shuffled |= record != index * 8 + i;
      differs |= record != other.at(i, 0, 0)[2];
    }
  }
  CHECK(seen.size() == 40);
  CHECK(shuffled);
  CHECK(differs);
}

TEST_CASE("batch: an incomplete last batch is left out") {
  const Dataset data = coordinates(10);
  CHECK(Epoch(data, 4, 0, 0, {}).batches() == 2);
  CHECK(Epoch(data, 11, 0, 0, {}).batches() == 0);
}

TEST_CASE("batch: a batch depends on seed, epoch and index alone") {
  const Dataset data = coordinates(32);
  const Batch expected = get(Epoch(data, 8, 5, 3, {}), 8, 2);
  const Epoch again(data, 8, 5, 3, {});
  get(again, 8, 0);
  CHECK(get(again, 8, 2) == expected);
  CHECK(get(Epoch(data, 8, 6, 3, {}), 8, 2) != expected);
  CHECK(get(Epoch(data, 8, 5, 4, {}), 8, 2) != expected);
  CHECK(get(again, 8, 1) != expected);
}

TEST_CASE("batch: batches made by several threads are those of one thread") {
  const Dataset data = coordinates(64);
  const Epoch epoch(data, 4, 9, 0, {});
  std::vector<Batch> parallel(size_t(epoch.batches()));
#pragma omp parallel for num_threads(4) schedule(dynamic)
  for (int i = 0; i < epoch.batches(); ++i) parallel[size_t(i)] = get(epoch, 4, i);
  for (int i = 0; i < epoch.batches(); ++i) CHECK(parallel[size_t(i)] == get(epoch, 4, i));
}

TEST_CASE("batch: crop shifts by up to its size in both directions and fills with the zero pixel") {
  const Dataset data = coordinates(200);
  const Batch batch = get(Epoch(data, 200, 2, 0, {4, false, 0}), 200, 0);
  std::set<int> shifts_x, shifts_y;
  for (int i = 0; i < 200; ++i) {
    const uint8_t* center = batch.at(i, 16, 16);
    const int dx = center[0] - 16, dy = center[1] - 16;
    shifts_x.insert(dx);
    shifts_y.insert(dy);
    bool right = true;
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        const uint8_t* pixel = batch.at(i, y, x);
        const bool inside =
            std::clamp(x + dx, 0, 31) == x + dx && std::clamp(y + dy, 0, 31) == y + dy;
        right &= inside ? pixel[0] == x + dx && pixel[1] == y + dy : is_zero(pixel);
      }
    CHECK(right);
  }
  CHECK(shifts_x == std::set<int>{-4, -3, -2, -1, 0, 1, 2, 3, 4});
  CHECK(shifts_y == shifts_x);
}

TEST_CASE("batch: flip mirrors about half of the pictures left-right") {
  const Dataset data = coordinates(200);
  const Batch batch = get(Epoch(data, 200, 3, 0, {0, true, 0}), 200, 0);
  int flipped = 0;
  for (int i = 0; i < 200; ++i) {
    const bool mirror = batch.at(i, 0, 0)[0] == kSide - 1;
    flipped += mirror;
    bool right = true;
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        right &= batch.at(i, y, x)[0] == (mirror ? kSide - 1 - x : x) && batch.at(i, y, x)[1] == y;
    CHECK(right);
  }
  CHECK(flipped > 60);
  CHECK(flipped < 140);
}

TEST_CASE(
    "batch: a picture that one epoch mirrors, the next one does not, and the other way round") {
  const Dataset data = coordinates(50);
  const auto mirrored = [&](int epoch) {
    const Batch batch = get(Epoch(data, 50, 3, epoch, {4, true, 0}), 50, 0);
    std::vector<bool> by_record(50);
    for (int i = 0; i < 50; ++i)
      by_record[batch.at(i, 16, 16)[2]] = batch.at(i, 16, 16)[0] > batch.at(i, 16, 17)[0];
    return by_record;
  };
  auto first = mirrored(0);
  CHECK(mirrored(2) == first);
  CHECK(mirrored(1) != first);
  first.flip();
  CHECK(mirrored(1) == first);
}

TEST_CASE("batch: cutout sets one square, clipped at the edges, to the zero pixel") {
  const Dataset data = coordinates(100);
  const Batch batch = get(Epoch(data, 100, 4, 0, {0, false, 8}), 100, 0);
  int whole = 0;
  for (int i = 0; i < 100; ++i) {
    int zeros = 0, top = kSide, left = kSide, bottom = -1, right = -1;
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        if (is_zero(batch.at(i, y, x))) {
          ++zeros;
          top = std::min(top, y), bottom = std::max(bottom, y);
          left = std::min(left, x), right = std::max(right, x);
        }
    CHECK(zeros >= 16);
    CHECK(zeros <= 64);
    CHECK(zeros == (bottom - top + 1) * (right - left + 1));
    whole += zeros == 64;
  }
  CHECK(whole > 30);
}

TEST_CASE("batch: pictures of another side, grey, with labels of 16 bits are augmented alike") {
  constexpr int side = 48, count = 64;
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  for (int i = 0; i < count; ++i) {
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) pixels.push_back(uint8_t(x + 2 * y));  // 0..141
    labels.push_back(uint16_t(300 + i));
  }
  const Dataset data({side, side, 1}, {}, pixels, labels);
  std::vector<uint8_t> out(size_t(count) * side * side);
  std::vector<uint16_t> seen(count);
  Epoch(data, count, 1, 0, {3, true, 0}).get(0, out.data(), seen.data());
  CHECK(std::set<int>(seen.begin(), seen.end()).size() == count);
  CHECK(*std::min_element(seen.begin(), seen.end()) == 300);
  std::set<int> shifts, mirrored;
  for (int i = 0; i < count; ++i) {
    const uint8_t* picture = &out[size_t(i) * side * side];
    const auto at = [&](int y, int x) { return int(picture[y * side + x]); };
    const bool mirror = at(24, 25) < at(24, 24);
    mirrored.insert(mirror);
    // Columns step by 1 and rows by 2, wherever the picture was moved to.
    bool right = true;
    for (int y = 4; y < side - 4; ++y)
      for (int x = 4; x < side - 4; ++x)
        right &= at(y + 1, x) - at(y, x) == 2 && at(y, x + 1) - at(y, x) == (mirror ? -1 : 1);
    CHECK(right);
    shifts.insert(at(24, 24));
  }
  CHECK(mirrored.size() == 2);
  CHECK(shifts.size() > 7);
}
