#include "engine/arithmetic/trisegment.h"

#include <algorithm>

#include "data/base/check.h"

namespace tri {

std::array<uint8_t, 256> TriSegment::table() const {
  std::array<uint8_t, 256> y;
  for (int x = 0; x < 256; ++x) y[x] = (*this)(x);
  return y;
}

TriSegment TriSegment::ordered() const {
  const auto [t_low, t_high] = std::minmax(t1, t2);
  const auto [v_low, v_high] = std::minmax(v1, v2);
  return {.t1 = t_low, .v1 = v_low, .t2 = t_high, .v2 = v_high};
}

namespace {

// Replacing the codes of a segment by v instead of 0 lowers the squared error by 2 v S - v^2 N (N
// codes with sum S), which is largest for the integer nearest to the mean S / N.
class Segments {
 public:
  struct Level {
    int value;
    int64_t gain;
  };
  explicit Segments(const Histogram& histogram) {
    for (int x = 0; x < 256; ++x) {
      CHECK(histogram[x] < uint64_t(1) << 38);  // gains stay below 2^8 * 2^16 * 2^38
      count_[x + 1] = count_[x] + int64_t(histogram[x]);
      sum_[x + 1] = sum_[x] + x * int64_t(histogram[x]);
    }
  }
  Level level(int begin, int end) const {  // of the codes begin..end-1
    const int64_t n = count_[end] - count_[begin], s = sum_[end] - sum_[begin];
    const int64_t v = n ? (2 * s + n) / (2 * n) : 0;
    return {int(v), v * (2 * s - v * n)};
  }

 private:
  std::array<int64_t, 257> count_{}, sum_{};  // of the codes below x
};

}  // namespace

// The best staircase is the pair of thresholds whose two upper segments gain most.
TriSegment mse_optimal(const Histogram& histogram) {
  const Segments segments(histogram);
  TriSegment best;
  int64_t best_gain = 0;
  for (int t1 = 0; t1 < 256; ++t1)
    for (int t2 = t1; t2 < 256; ++t2) {
      const auto low = segments.level(t1 + 1, t2 + 1), high = segments.level(t2 + 1, 256);
      if (low.gain + high.gain <= best_gain) continue;
      best_gain = low.gain + high.gain;
      // An empty upper segment has no mean; any v2 >= v1 keeps the order.
      best = {.t1 = uint8_t(t1),
              .v1 = uint8_t(low.value),
              .t2 = uint8_t(t2),
              .v2 = uint8_t(std::max(low.value, high.value))};
    }
  return best;
}

TriSegment mse_optimal_two(const Histogram& histogram) {
  const Segments segments(histogram);
  TriSegment best{.t1 = 255, .v1 = 0, .t2 = 255, .v2 = 0};
  int64_t best_gain = 0;
  for (int t = 0; t < 256; ++t) {
    const auto high = segments.level(t + 1, 256);
    if (high.gain <= best_gain) continue;
    best_gain = high.gain;
    best.t1 = best.t2 = uint8_t(t), best.v1 = best.v2 = uint8_t(high.value);
  }
  return best;
}

}  // namespace tri
