#include "engine/float/conv.h"

#include <algorithm>

#include "data/base/parallel.h"
#include "engine/float/depthwise.h"
#include "engine/float/gemm.h"
#include "engine/float/scratch.h"
#include "engine/float/winograd.h"
#include "engine/graph/window.h"

namespace tri {
namespace {

// columns: the patches of all output pixels of a picture, [oh * ow][rows]; 0 outside the map.
void im2col(const Layer& l, const float* x, float* columns) {
  for (int oh = 0; oh < l.output.h; ++oh)
    for (int ow = 0; ow < l.output.w; ++ow, columns += l.rows())
      for_each_run(
          l, oh, ow,
          [&](int at, ptrdiff_t from, int count) {
            for (int i = 0; i < count; ++i) columns[at + i] = x[from + i];
          },
          [&](int at, int count) {
            for (int i = 0; i < count; ++i) columns[at + i] = 0;
          });
}

// The adjoint: adds columns back to the pixels they came from.
void col2im(const Layer& l, const float* columns, float* dx) {
  std::fill(dx, dx + l.in.size(), 0.0f);
  for (int oh = 0; oh < l.output.h; ++oh)
    for (int ow = 0; ow < l.output.w; ++ow, columns += l.rows())
      for_each_run(
          l, oh, ow,
          [&](int at, ptrdiff_t to, int count) {
            for (int i = 0; i < count; ++i) dx[to + i] += columns[at + i];
          },
          [](int, int) {});
}

// A 1x1 convolution, and a linear layer that sees the whole map, read x as their matrix already.
bool is_matrix(const Layer& l) {
  return (l.kernel == 1 && l.stride == 1 && l.pad == 0) ||
         (l.pad == 0 && l.kernel == l.in.h && l.kernel == l.in.w);
}

// A product is cut into blocks of rows for the threads; enough in each for packing the other matrix
// to be worth while. Blocks of columns as well would be slower: OpenBLAS has sizes it dislikes.
constexpr int kBlock = 256;
// Where the result is small, as dw of a large map, the inner sum is cut too: into as many parts
// whatever the number of threads, so that the result does not depend on it.
constexpr int kParts = 16;

int blocks_of(int size) { return (size + kBlock - 1) / kBlock; }

// c [M][N] = a [M][K] * b [K][N], on all threads.
void product(int M, int N, int K, const float* a, MatrixIn b, float* c, Precision precision) {
  FirstException thrown;
#pragma omp parallel for schedule(dynamic)
  for (int row = 0; row < M; row += kBlock)
    thrown.keep([&] {
      gemm(std::min(kBlock, M - row), N, K, {a + size_t(row) * K, K}, b, 0, c + size_t(row) * N, N,
           precision);
    });
  thrown.rethrow();
}

// sum [size] = partial[0] + partial[1] + ..., each of `size` floats.
void add_parts(int parts, size_t size, const float* partial, float* sum) {
  constexpr size_t kChunk = 1024;
#pragma omp parallel for
  for (size_t begin = 0; begin < size; begin += kChunk) {
    const size_t end = std::min(size, begin + kChunk);
    std::copy(partial + begin, partial + end, sum + begin);
    for (int part = 1; part < parts; ++part)
      for (size_t i = begin; i < end; ++i) sum[i] += partial[part * size + i];
  }
}

void matrix_backward(const Layer& l, int rows, const float* x, const float* w, const float* dy,
                     float* dx, float* dw, Precision precision) {
  const int R = l.rows(), K = l.output.c;
  const int parts = std::clamp(std::min(kParts / blocks_of(R), rows / 1024), 1, kParts);
  const size_t size = size_t(R) * K;
  if (dx) product(rows, R, K, dy, {w, K, Transpose::yes}, dx, precision);
  if (!dw) return;
  float* partial = parts > 1 ? scratch<struct PartialSums>(parts * size) : dw;
  FirstException thrown;
#pragma omp parallel for collapse(2) schedule(dynamic)
  for (int part = 0; part < parts; ++part)
    for (int block = 0; block < blocks_of(R); ++block)
      thrown.keep([&] {
        const size_t begin = size_t(rows) * part / parts, end = size_t(rows) * (part + 1) / parts;
        const int r = block * kBlock;
        gemm(std::min(kBlock, R - r), K, int(end - begin), {x + begin * R + r, R, Transpose::yes},
             {dy + begin * K, K}, 0, partial + part * size + size_t(r) * K, K, precision);
      });
  thrown.rethrow();
  if (parts > 1) add_parts(parts, size, partial, dw);
}

}  // namespace

void conv_forward(const Layer& l, int n, const float* x, const float* w, float* y,
                  Precision precision) {
  if (l.kind == Kind::depthwise) return depthwise_forward(l, n, x, w, y);
  if (winograd_fits(l)) return winograd_forward(l, n, x, w, y, precision);
  const int pixels = l.output.h * l.output.w, R = l.rows(), K = l.output.c;
  if (is_matrix(l)) return product(n * pixels, K, R, x, {w, K}, y, precision);
  FirstException thrown;
#pragma omp parallel for
  for (int i = 0; i < n; ++i)
    thrown.keep([&] {
      float* columns = scratch<struct Columns>(size_t(pixels) * R);
      im2col(l, x + i * l.in.size(), columns);
      gemm(Transpose::no, Transpose::no, pixels, K, R, columns, w, 0, y + i * l.output.size(),
           precision);
    });
  thrown.rethrow();
}

void conv_backward(const Layer& l, int n, const float* x, const float* w, const float* dy,
                   float* dx, float* dw, Precision precision) {
  if (l.kind == Kind::depthwise) return depthwise_backward(l, n, x, w, dy, dx, dw);
  if (winograd_fits(l)) return winograd_backward(l, n, x, w, dy, dx, dw, precision);
  const int pixels = l.output.h * l.output.w, R = l.rows(), K = l.output.c;
  if (is_matrix(l)) return matrix_backward(l, n * pixels, x, w, dy, dx, dw, precision);
  const int parts = std::min(n, kParts);
  float* partial = scratch<struct PartialSums>(size_t(parts) * R * K);
  FirstException thrown;
#pragma omp parallel for
  for (int part = 0; part < parts; ++part)
    thrown.keep([&] {
      const int begin = n * part / parts, end = n * (part + 1) / parts;
      float* columns = scratch<struct Columns>(size_t(pixels) * R);
      for (int i = begin; i < end; ++i) {
        const float* dyi = dy + i * l.output.size();
        if (dw) {
          im2col(l, x + i * l.in.size(), columns);
          gemm(Transpose::yes, Transpose::no, R, K, pixels, columns, dyi, i > begin,
               partial + size_t(part) * R * K, precision);
        }
        if (!dx) continue;
        gemm(Transpose::no, Transpose::yes, pixels, R, K, dyi, w, 0, columns, precision);
        col2im(l, columns, dx + i * l.in.size());
      }
    });
  thrown.rethrow();
  if (dw) add_parts(parts, size_t(R) * K, partial, dw);
}

}  // namespace tri
