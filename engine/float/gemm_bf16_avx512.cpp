// A block of 8 x 32 sums stays in registers while both factors pass in pairs of neighbors along the
// inner dimension, as VDPBF16PS takes them. The right factor is packed to panels as wide as the
// block; the left one to rows of pairs, or, where it comes transposed, to panels of 16 rows.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/float/gemm_bf16.h"
#include "engine/float/scratch.h"

namespace tri {
namespace {

using Pair = int32_t;  // two bfloat16

constexpr int kLanes = 16, kRows = 8;
constexpr int kDepth =
    512;  // of the inner dimension at a time: a right panel stays in the L1 cache
// From row to row of the left factor: no power of two, which would send all rows to one cache set.
constexpr int kRowPairs = kDepth / 2 + kLanes;

__mmask16 lanes(int n) { return n >= kLanes ? 0xffff : n <= 0 ? 0 : (1u << n) - 1; }

// 32 bfloat16: the lanes `m` of low, then those of high; 0 elsewhere.
__m512i rounded(const float* low, __mmask16 m_low, const float* high, __mmask16 m_high) {
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
void pack_columns(int depth, int count, const float* from, int stride, int width, Pair* out) {
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
void pack_rows(int depth, int count, const float* from, int stride, int width, Pair* out) {
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
void pack_left(int depth, int count, const float* from, int stride, Pair* out) {
  for (int i = 0; i < count; ++i, from += stride, out += kRowPairs)
    for (int k = 0; k < depth; k += 2 * kLanes) {
      const __mmask16 high = lanes(depth - k - kLanes);
      _mm512_storeu_si512(out + k / 2, rounded(from + k, lanes(depth - k),
                                               high ? from + k + kLanes : from + k, high));
    }
}

// Pair p of row i stands at a[i * row + p * pair]. Returns c [rows][columns], of at most
// [kRows][V * 16].
template <int V, int row, int pair>
void block(int pairs, const Pair* a, const Pair* b, int rows, int columns, bool add, float* c,
           int stride) {
  __m512 sums[kRows][V] = {};
  for (int p = 0; p < pairs; ++p, b += V * kLanes) {
    __m512bh right[V];
    for (int v = 0; v < V; ++v) right[v] = (__m512bh)_mm512_loadu_si512(b + v * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const __m512bh left = (__m512bh)_mm512_set1_epi32(a[i * row + p * pair]);
      for (int v = 0; v < V; ++v) sums[i][v] = _mm512_dpbf16_ps(sums[i][v], left, right[v]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
    if (i >= rows) break;
    for (int v = 0; v < V; ++v) {
      const __mmask16 m = lanes(columns - v * kLanes);
      float* to = c + size_t(i) * stride + v * kLanes;
      if (!m) continue;
      if (add) sums[i][v] = _mm512_add_ps(sums[i][v], _mm512_maskz_loadu_ps(m, to));
      _mm512_mask_storeu_ps(to, m, sums[i][v]);
    }
  }
}

template <int V>
void product(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride) {
  constexpr int kWidth = V * kLanes;
  const bool by_columns = a.transpose == Transpose::yes;
  const size_t room = size_t(M + kLanes - 1) / kLanes * kLanes * kRowPairs;
  Pair* left = scratch<struct LeftPairs, Pair>(room);
  Pair* right = scratch<struct RightPairs, Pair>(size_t(kDepth / 2) * kWidth);
  for (int k = 0; k < K; k += kDepth) {
    const int depth = std::min(kDepth, K - k), pairs = (depth + 1) / 2;
    const bool add = beta != 0 || k > 0;
    if (by_columns)
      for (int m = 0; m < M; m += kLanes)
        pack_columns(depth, M - m, a.at + size_t(k) * a.stride + m, a.stride, kLanes,
                     left + size_t(m) * (kDepth / 2));
    else
      pack_left(depth, M, a.at + k, a.stride, left);
    for (int n = 0; n < N; n += kWidth) {
      if (b.transpose == Transpose::yes)
        pack_rows(depth, N - n, b.at + size_t(n) * b.stride + k, b.stride, kWidth, right);
      else
        pack_columns(depth, N - n, b.at + size_t(k) * b.stride + n, b.stride, kWidth, right);
      for (int m = 0; m < M; m += kRows) {
        float* to = c + size_t(m) * stride + n;
        if (by_columns)
          block<V, 1, kLanes>(pairs, left + size_t(m / kLanes * kLanes) * (kDepth / 2) + m % kLanes,
                              right, M - m, N - n, add, to, stride);
        else
          block<V, kRowPairs, 1>(pairs, left + size_t(m) * kRowPairs, right, M - m, N - n, add, to,
                                 stride);
      }
    }
  }
}

}  // namespace

void gemm_bf16(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride) {
  if (N <= kLanes)
    product<1>(M, N, K, a, b, beta, c, stride);
  else
    product<2>(M, N, K, a, b, beta, c, stride);
}

}  // namespace tri
