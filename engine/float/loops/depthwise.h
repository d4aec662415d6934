// Loops of depthwise convolutions: contracts in loops.h.
#pragma once

#include "engine/float/loops/loops.h"
#include "engine/float/loops/vec.h"

namespace tri {
namespace {

// Weights (or their sums) of a few channels stay in registers along a row of pixels.
void depthwise(const DepthwiseMap& m, const float* source, const float* w, float* out) {
  constexpr int T = DepthwiseMap::kTaps;
  const size_t C = size_t(m.C);
  for (int h = 0; h < m.H; ++h) {
    const int* rows = m.rows + h * T;
    float* row_out = out + size_t(h) * m.W * C;
    channels(m.C, [&]<class V>(int c) {
      V weights[T * T];
      for (int t = 0; t < T * T; ++t) weights[t] = load<V>(w + t * C + c);
      for (int x = 0; x < m.W; ++x) {
        const int* columns = m.columns + x * T;
        V sum{};
#pragma GCC unroll 3
        for (int i = 0; i < T; ++i) {
          if (rows[i] < 0) continue;
          const float* row = source + size_t(rows[i]) * m.source_W * C + c;
#pragma GCC unroll 3
          for (int j = 0; j < T; ++j)
            if (columns[j] >= 0) sum += load<V>(row + columns[j] * C) * weights[i * T + j];
        }
        store(row_out + x * C + c, sum);
      }
    });
  }
}

void depthwise_weights(const DepthwiseMap& m, const float* source, const float* d, float* dw) {
  constexpr int T = DepthwiseMap::kTaps;
  const size_t C = size_t(m.C);
  for (int h = 0; h < m.H; ++h) {
    const int* rows = m.rows + h * T;
    const float* row_d = d + size_t(h) * m.W * C;
    channels(m.C, [&]<class V>(int c) {
      V sums[T * T];
      for (int t = 0; t < T * T; ++t) sums[t] = load<V>(dw + t * C + c);
      for (int x = 0; x < m.W; ++x) {
        const int* columns = m.columns + x * T;
        const V gradient = load<V>(row_d + x * C + c);
#pragma GCC unroll 3
        for (int i = 0; i < T; ++i) {
          if (rows[i] < 0) continue;
          const float* row = source + size_t(rows[i]) * m.source_W * C + c;
#pragma GCC unroll 3
          for (int j = 0; j < T; ++j)
            if (columns[j] >= 0) sums[i * T + j] += load<V>(row + columns[j] * C) * gradient;
        }
      }
      for (int t = 0; t < T * T; ++t) store(dw + t * C + c, sums[t]);
    });
  }
}

}  // namespace
}  // namespace tri
