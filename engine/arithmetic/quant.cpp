#include "engine/arithmetic/quant.h"

#include <algorithm>
#include <limits>
#include <string>

#include "data/base/file.h"

namespace tri {

std::vector<float> weight_units(int R, int K, const float* w) {
  std::vector<float> units(K, 0);
  for (int r = 0; r < R; ++r)
    for (int k = 0; k < K; ++k) units[k] = std::max(units[k], std::fabs(w[size_t(r) * K + k]));
  for (float& unit : units) unit = unit > 0 ? unit / kWeightMax : 1;
  return units;
}

Multiplier multiplier(double r) {
  int exponent = 0;
  if (!(r > 0) || !std::isfinite(r)) throw Error("a requantization factor is not positive");
  const double fraction = std::frexp(r, &exponent);  // r = fraction * 2^exponent, fraction >= 1/2
  int64_t m = std::llround(fraction * 0x1p31);
  if (m == int64_t(1) << 31) m >>= 1, ++exponent;
  const int shift = 31 - exponent;
  if (shift < 1 || shift > 62)
    throw Error("a requantization factor is out of range: " + std::to_string(r));
  return {int32_t(m), shift};
}

int32_t largest_accumulator(int code, Multiplier r) {
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  if (code >= kCodeMax || requantize(kMax, r) <= code) return kMax;
  if (code < 0) return std::numeric_limits<int32_t>::min();
  // The least a with (a * m + half) >> shift == code + 1, minus 1; exact, as all are integers.
  const __int128 need = (__int128(code + 1) << r.shift) - (__int128(1) << (r.shift - 1));
  return int32_t((need + r.m - 1) / r.m - 1);
}

}  // namespace tri
