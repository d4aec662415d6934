#include "engine/kernels/bytemap/map.h"

#include <algorithm>
#include <numeric>

#include "data/base/rng.h"
#include "engine/graph/tensor.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

constexpr uint8_t kGuard = 0xA5;
constexpr size_t kGuards = 64;

// Every variant that can run here.
std::vector<MapVariant> runnable() {
  std::vector<MapVariant> variants;
  for (const MapVariant& v : map_variants())
    if (v.runnable()) variants.push_back(v);
  return variants;
}

// y = f(x) from `offset` bytes past an aligned address, or in place; guards stay as they were.
void check(const MapVariant& v, const ByteMap& map, const std::array<uint8_t, 256>& expected,
           size_t n, size_t offset, bool in_place) {
  CAPTURE(isa_name(v.isa));
  CAPTURE(int(v.kind));
  CAPTURE(n);
  CAPTURE(offset);
  CAPTURE(in_place);
  Buffer<uint8_t> x(n + offset), y(n + offset + 2 * kGuards, kGuard);
  for (size_t i = 0; i < n; ++i) x[offset + i] = uint8_t(i * 167 + i / 256);
  uint8_t* to = y.data() + kGuards + offset;
  const uint8_t* from = x.data() + offset;
  if (in_place) from = std::copy_n(from, n, to) - n;
  v.run(map, from, n, to);
  size_t wrong = 0;
  for (size_t i = 0; i < n; ++i) wrong += to[i] != expected[x[offset + i]];
  CHECK(wrong == 0);
  const auto guard = [](uint8_t byte) { return byte == kGuard; };
  CHECK(std::all_of(y.data(), to, guard));
  CHECK(std::all_of(to + n, y.data() + y.size(), guard));
}

}  // namespace

TEST_CASE("every byte map gives every table's entry for all 256 bytes") {
  Rng rng(1);
  std::array<uint8_t, 256> table;
  for (int round = 0; round < 20; ++round) {
    for (uint8_t& entry : table) entry = uint8_t(rng.below(256));
    for (const MapVariant& v : runnable())
      if (v.kind == MapKind::table) check(v, byte_map(table), table, 256, 0, false);
  }
  std::iota(table.begin(), table.end(), uint8_t(0));
  for (const MapVariant& v : runnable())
    if (v.kind == MapKind::table) check(v, byte_map(table), table, 256, 0, false);
}

TEST_CASE("every byte map gives every staircase's level for all 256 bytes") {
  for (int t1 : {0, 1, 126, 127, 128, 129, 254, 255})
    for (int t2 : {0, 1, 126, 127, 128, 129, 254, 255})
      for (const auto& [v1, v2] : {std::pair(0, 255), {255, 1}, {77, 77}, {3, 200}}) {
        const TriSegment f{uint8_t(t1), uint8_t(v1), uint8_t(t2), uint8_t(v2)};
        if (t1 > t2) continue;
        CAPTURE(t1);
        CAPTURE(t2);
        for (const MapVariant& v : runnable()) check(v, byte_map(f), f.table(), 256, 0, false);
      }
}

TEST_CASE("byte maps stay within their bytes at any size and alignment, and in place") {
  const TriSegment f{40, 60, 150, 200};
  for (const MapVariant& v : runnable()) {
    for (size_t n : {0, 1, 15, 31, 32, 33, 63, 64, 65, 127, 128, 129, 200, 1000, 4097})
      for (size_t offset : {0, 1, 31})
        for (bool in_place : {false, true}) check(v, byte_map(f), f.table(), n, offset, in_place);
    for (bool in_place : {false, true})
      check(v, byte_map(f), f.table(), kMapStream + 77, 3, in_place);
  }
}
