// A block of 32 x 32 sums stays in four tiles. Both factors are packed to pairs of neighbors along
// the inner dimension: the left one to rows of them, the right one to panels of 32 columns.
#include <cstring>

#include "engine/float/gemm_bf16.h"
#include "engine/float/pack_bf16.h"
#include "engine/float/scratch.h"
#include "engine/kernels/dispatch/tiles_amx.h"

namespace tri {
namespace {

constexpr int kBlock = 32, kTilePairs = 16;

// Value (k, i) stands at from[k * stride + i]. Packs them as pack_left() does.
void pack_left_columns(int depth, int count, const float* from, int stride, Pair* out) {
  alignas(64) Pair pairs[kTilePairs * kLanes];
  for (int i = 0; i < count; i += kLanes)
    for (int k = 0; k < depth; k += 2 * kTilePairs) {
      const int rest = depth - k < 2 * kTilePairs ? depth - k : 2 * kTilePairs;
      pack_columns(rest, count - i, from + size_t(k) * stride + i, stride, kLanes, pairs);
      __m512i rows[kLanes];
      for (int p = 0; p < kTilePairs; ++p)
        rows[p] = p < (rest + 1) / 2 ? _mm512_load_si512(pairs + p * kLanes) : __m512i{};
      swap_blocks<8>(rows), swap_blocks<4>(rows), swap_blocks<2>(rows), swap_blocks<1>(rows);
      for (int j = 0; j < kLanes; ++j)
        _mm512_storeu_si512(out + size_t(i + j) * kRowPairs + k / 2, rows[j]);
    }
}

// c [kBlock][kBlock] = a [kBlock][kRowPairs] * b [steps * kTilePairs][kBlock], and c where `add`.
void block(int steps, const Pair* a, const Pair* b, bool add, float* c, int stride) {
  constexpr ptrdiff_t kLeft = kRowPairs * sizeof(Pair), kRight = kBlock * sizeof(Pair);
  const ptrdiff_t row = ptrdiff_t(stride) * sizeof(float);
  float* below = c + 16 * ptrdiff_t(stride);
  before_tile_loads();
  if (add) {
    _tile_loadd(0, c, row);
    _tile_loadd(1, c + 16, row);
    _tile_loadd(2, below, row);
    _tile_loadd(3, below + 16, row);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int s = 0; s < steps; ++s, a += kTilePairs, b += kTilePairs * kBlock) {
    _tile_loadd(4, a, kLeft);
    _tile_loadd(6, b, kRight);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, b + 16, kRight);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + 16 * kRowPairs, kLeft);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, row);
  _tile_stored(1, c + 16, row);
  _tile_stored(2, below, row);
  _tile_stored(3, below + 16, row);
}

void copy(int rows, int columns, const float* from, int stride, float* to, int to_stride) {
  for (int i = 0; i < rows; ++i)
    std::memcpy(to + size_t(i) * to_stride, from + size_t(i) * stride, size_t(columns) * 4);
}

}  // namespace

void gemm_bf16_amx(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride) {
  const size_t room = size_t(M + kBlock - 1) / kBlock * kBlock * kRowPairs;
  Pair* left = scratch<struct LeftPairs, Pair>(room);
  Pair* right = scratch<struct RightPairs, Pair>(size_t(kDepth / 2) * kBlock);
  alignas(64) float sums[kBlock * kBlock];  // of a block that is not whole
  const Tiles tiles;
  for (int k = 0; k < K; k += kDepth) {
    const int depth = K - k < kDepth ? K - k : kDepth, pairs = (depth + 1) / 2;
    const int steps = (pairs + kTilePairs - 1) / kTilePairs;
    const bool add = beta != 0 || k > 0;
    if (a.transpose == Transpose::yes)
      pack_left_columns(depth, M, a.at + size_t(k) * a.stride, a.stride, left);
    else
      pack_left(depth, M, a.at + k, a.stride, left);
    std::memset(right + size_t(pairs) * kBlock, 0,
                size_t(steps * kTilePairs - pairs) * kBlock * sizeof(Pair));
    for (int n = 0; n < N; n += kBlock) {
      if (b.transpose == Transpose::yes)
        pack_rows(depth, N - n, b.at + size_t(n) * b.stride + k, b.stride, kBlock, right);
      else
        pack_columns(depth, N - n, b.at + size_t(k) * b.stride + n, b.stride, kBlock, right);
      const int columns = N - n < kBlock ? N - n : kBlock;
      for (int m = 0; m < M; m += kBlock) {
        const int rows = M - m < kBlock ? M - m : kBlock;
        const Pair* from = left + size_t(m) * kRowPairs;
        float* to = c + size_t(m) * stride + n;
        if (rows == kBlock && columns == kBlock) {
          block(steps, from, right, add, to, stride);
          continue;
        }
        if (add) copy(rows, columns, to, stride, sums, kBlock);
        block(steps, from, right, add, sums, kBlock);
        copy(rows, columns, sums, kBlock, to, stride);
      }
    }
  }
}

}  // namespace tri
