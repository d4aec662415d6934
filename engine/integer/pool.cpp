#include "engine/integer/pool.h"

#include <algorithm>

namespace tri {
namespace {

// y may be x itself: what a mean overwrites has been summed.
template <class T>
void average(const Layer& l, const T* x, int n, T* y) {
  const int C = l.in.c, count = l.in.h * l.in.w;
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < C; ++c) {
      int64_t sum = 0;
      for (int at = 0; at < count; ++at) sum += x[(size_t(i) * count + at) * C + c];
      const int64_t rounded = 2 * sum + count, divisor = 2 * count;
      y[size_t(i) * C + c] = T(rounded / divisor - (rounded % divisor < 0));  // floor
    }
}

}  // namespace

void max_pool(const Layer& l, const uint8_t* x, int n, uint8_t* y) {
  const int C = l.in.c;
#pragma omp parallel for
  for (int row = 0; row < n * l.output.h; ++row) {
    const int i0 = row % l.output.h * l.stride - l.pad;
    const uint8_t* map = x + size_t(row / l.output.h) * l.in.size();
    for (int ow = 0; ow < l.output.w; ++ow) {
      const int j0 = ow * l.stride - l.pad;
      uint8_t* largest = y + (size_t(row) * l.output.w + ow) * C;
      std::fill_n(largest, C, uint8_t(0));
      for (int i = std::max(i0, 0); i < std::min(i0 + l.kernel, l.in.h); ++i)
        for (int j = std::max(j0, 0); j < std::min(j0 + l.kernel, l.in.w); ++j) {
          const uint8_t* pixel = map + (size_t(i) * l.in.w + j) * C;
          for (int c = 0; c < C; ++c) largest[c] = std::max(largest[c], pixel[c]);
        }
    }
  }
}

void average_pool(const Layer& l, const uint8_t* x, int n, uint8_t* y) { average(l, x, n, y); }
void average_pool(const Layer& l, const int32_t* x, int n, int32_t* y) { average(l, x, n, y); }

}  // namespace tri
