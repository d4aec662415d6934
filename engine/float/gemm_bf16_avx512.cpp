// A block of 8 x 32 sums stays in registers while both factors pass in pairs of neighbors along the
// inner dimension, as VDPBF16PS takes them. The right factor is packed to panels as wide as the
// block; the left one to rows of pairs, or, where it comes transposed, to panels of 16 rows.
#include <algorithm>

#include "engine/float/gemm_bf16.h"
#include "engine/float/pack_bf16.h"
#include "engine/float/scratch.h"

namespace tri {
namespace {

constexpr int kRows = 8;

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

void gemm_bf16_avx512(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c,
                      int stride) {
  if (N <= kLanes)
    product<1>(M, N, K, a, b, beta, c, stride);
  else
    product<2>(M, N, K, a, b, beta, c, stride);
}

}  // namespace tri
