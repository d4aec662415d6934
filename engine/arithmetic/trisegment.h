// The staircase that replaces an activation: the one place that knows its formula.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tri {

// How many of two thresholds, t1 <= t2, x is above: its level, 0, 1 or 2.
constexpr int level(int x, int t1, int t2) { return (x > t1) + (x > t2); }

// f(x) = 0 for x <= t1, v1 for t1 < x <= t2, v2 for x > t2, on 8-bit codes x.
struct TriSegment {
  uint8_t t1 = 0, v1 = 0, t2 = 255, v2 = 0;

  // 0, 1 or 2: how many thresholds x is above.
  int segment(int x) const { return level(x, t1, t2); }
  std::array<uint8_t, 3> values() const { return {0, v1, v2}; }
  uint8_t operator()(int x) const { return values()[segment(x)]; }
  std::array<uint8_t, 256> table() const;  // f itself
  // Thresholds and values in rising order, as the comparators need them.
  TriSegment ordered() const;
  // How far from a threshold codes are near it: the distance of both; of two levels, that of the
  // one from 0. At least 1.
  int width() const { return t1 < t2 ? t2 - t1 : std::max<int>(t1, 1); }
  bool operator==(const TriSegment&) const = default;
};

// One for every tap of a network; nullopt: the layer keeps its 8-bit codes.
using StaircaseSet = std::vector<std::optional<TriSegment>>;

// What becomes of a tap's codes. Two levels are a staircase with t1 == t2, which one comparator
// computes: 0 up to there and one value, v1 == v2, above.
enum class TapKind : uint8_t { eight_bits, three_levels, two_levels };
constexpr int kTapKinds = 3;
constexpr TapKind kind_of(const std::optional<TriSegment>& f) {
  if (!f) return TapKind::eight_bits;
  return f->t1 == f->t2 ? TapKind::two_levels : TapKind::three_levels;
}

// Counts of the 256 codes of one activation.
using Histogram = std::array<uint64_t, 256>;

// The staircase with the least mean squared error against the identity on `histogram`, found
// exactly: Lloyd-Max quantization (Lloyd, 1982) with one level pinned at 0, by trying every pair of
// thresholds with prefix sums. An empty histogram gives the staircase that is 0 everywhere.
TriSegment mse_optimal(const Histogram& histogram);
// The same among those of two levels.
TriSegment mse_optimal_two(const Histogram& histogram);

}  // namespace tri
