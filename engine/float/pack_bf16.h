// Floats to pairs of bfloat16, neighbors along the inner dimension of a product, as VDPBF16PS and
// AMX's tiles take them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/kernels/dispatch/avx512.h"

namespace tri {
namespace {

// Two bfloat16. A type of each file: code of its vectors, compiled for AVX-512, stays in it.
enum Pair : int32_t {};

constexpr int kLanes = 16;
// Of the inner dimension at a time: a right panel stays in the L1 cache.
constexpr int kDepth = 512;
// From row to row of the left factor: no power of two, which would send all rows to one cache set.
constexpr int kRowPairs = kDepth / 2 + kLanes;

inline __mmask16 lanes(int n) { return n >= kLanes ? 0xffff : n <= 0 ? 0 : (1u << n) - 1; }

// 32 bfloat16: the lanes `m` of low, then those of high; 0 elsewhere.
inline __m512i rounded(const float* low, __mmask16 m_low, const float* high, __mmask16 m_high) {
  return (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(m_high, high),
                                      _mm512_maskz_loadu_ps(m_low, low));
}

// Of 16 rows of 16, swaps the D x D blocks beside the diagonal; for D = 8, 4, 2, 1 that transposes.
template <int D>
void swap_blocks(__m512i (&rows)[kLanes]) {
  alignas(64) int low[kLanes], high[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    low[i] = i & D ? (i ^ D) + kLanes : i;
    high[i] = i & D ? i + kLanes : i ^ D;
  }
  const __m512i from_low = _mm512_load_si512(low), from_high = _mm512_load_si512(high);
  for (int i = 0; i < kLanes; ++i) {
    if (i & D) continue;
    const __m512i a = rows[i], b = rows[i + D];
    rows[i] = _mm512_permutex2var_epi32(a, from_low, b);
    rows[i + D] = _mm512_permutex2var_epi32(a, from_high, b);
  }
}

// Each packs [depth] x [count] values to out [(depth + 1) / 2][width] of pairs, 0 beyond `count`
// and `depth`; width: in multiples of 16.

// Value (k, i) stands at from[k * stride + i].
inline void pack_columns(int depth, int count, const float* from, int stride, int width,
                         Pair* out) {
  alignas(64) std::array<uint16_t, 2 * kLanes> order;
  for (int i = 0; i < kLanes; ++i)
    order[size_t(2 * i)] = uint16_t(i), order[size_t(2 * i + 1)] = uint16_t(kLanes + i);
  const __m512i interleave = _mm512_load_si512(order.data());
  for (int k = 0; k < depth; k += 2, out += width)
    for (int i = 0; i < width; i += kLanes) {
      const __mmask16 m = lanes(count - i), next = k + 1 < depth ? m : 0;
      const float* row = from + size_t(k) * stride + i;
      _mm512_storeu_si512(
          out + i,
          _mm512_permutexvar_epi16(interleave, rounded(row, m, next ? row + stride : row, next)));
    }
}

// Value (k, i) stands at from[i * stride + k].
inline void pack_rows(int depth, int count, const float* from, int stride, int width, Pair* out) {
  for (int k = 0; k < depth; k += 2 * kLanes)
    for (int i = 0; i < width; i += kLanes) {
      __m512i rows[kLanes];
      for (int j = 0; j < kLanes; ++j) {
        const bool there = i + j < count;
        const float* at = from + (there ? size_t(i + j) * stride : 0) + k;
        const __mmask16 low = lanes(there ? depth - k : 0),
                        high = lanes(there ? depth - k - 16 : 0);
        rows[j] = rounded(at, low, high ? at + kLanes : at, high);
      }
      swap_blocks<8>(rows), swap_blocks<4>(rows), swap_blocks<2>(rows), swap_blocks<1>(rows);
      const int pairs = std::min(kLanes, (depth - k + 1) / 2);
      for (int p = 0; p < pairs; ++p)
        _mm512_storeu_si512(out + size_t(k / 2 + p) * width + i, rows[p]);
    }
}

// The left factor's rows as they stand: out [count][kRowPairs].
inline void pack_left(int depth, int count, const float* from, int stride, Pair* out) {
  for (int i = 0; i < count; ++i, from += stride, out += kRowPairs)
    for (int k = 0; k < depth; k += 2 * kLanes) {
      const __mmask16 high = lanes(depth - k - kLanes);
      _mm512_storeu_si512(out + k / 2, rounded(from + k, lanes(depth - k),
                                               high ? from + k + kLanes : from + k, high));
    }
}

}  // namespace
}  // namespace tri
