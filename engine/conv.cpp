#include "engine/conv.h"

#include <algorithm>
#include <cstring>

#include "engine/depthwise.h"
#include "engine/gemm.h"
#include "engine/winograd.h"

namespace tri {
namespace {

// The pixels under the kernel at each output of one picture: columns [oh * ow][rows], 0 outside.
void im2col(const Layer& l, const float* x, float* columns) {
  const int C = l.in.c;
  for (int oh = 0; oh < l.output.h; ++oh)
    for (int ow = 0; ow < l.output.w; ++ow)
      for (int i = 0; i < l.kernel; ++i)
        for (int j = 0; j < l.kernel; ++j, columns += C) {
          const int h = oh * l.stride + i - l.pad, w = ow * l.stride + j - l.pad;
          if (h >= 0 && h < l.in.h && w >= 0 && w < l.in.w)
            std::memcpy(columns, x + (size_t(h) * l.in.w + w) * C, C * sizeof(float));
          else
            std::memset(columns, 0, C * sizeof(float));
        }
}

// The adjoint: adds columns back to the pixels they came from.
void col2im(const Layer& l, const float* columns, float* dx) {
  const int C = l.in.c;
  std::memset(dx, 0, l.in.size() * sizeof(float));
  for (int oh = 0; oh < l.output.h; ++oh)
    for (int ow = 0; ow < l.output.w; ++ow)
      for (int i = 0; i < l.kernel; ++i)
        for (int j = 0; j < l.kernel; ++j, columns += C) {
          const int h = oh * l.stride + i - l.pad, w = ow * l.stride + j - l.pad;
          if (h < 0 || h >= l.in.h || w < 0 || w >= l.in.w) continue;
          float* pixel = dx + (size_t(h) * l.in.w + w) * C;
          for (int c = 0; c < C; ++c) pixel[c] += columns[c];
        }
}

// A 1x1 convolution, and a linear layer that sees the whole map, read x as their matrix already.
bool is_matrix(const Layer& l) {
  return (l.kernel == 1 && l.stride == 1 && l.pad == 0) ||
         (l.pad == 0 && l.kernel == l.in.h && l.kernel == l.in.w);
}

// Rows of outputs that one product handles: enough for the weights to be worth their reading.
constexpr int kRowsAtOnce = 256;
// Partial sums of dw: as many for any number of threads, so that the result does not depend on it.
constexpr int kParts = 16;

}  // namespace

void conv_forward(const Layer& l, int n, const float* x, const float* w, float* y) {
  if (l.kind == Kind::depthwise) return depthwise_forward(l, n, x, w, y);
  if (winograd_fits(l)) return winograd_forward(l, n, x, w, y);
  const int pixels = l.output.h * l.output.w, R = l.rows(), K = l.output.c;
  if (is_matrix(l)) {
    const int rows = n * pixels;
#pragma omp parallel for
    for (int r = 0; r < rows; r += kRowsAtOnce)
      gemm(Transpose::no, Transpose::no, std::min(kRowsAtOnce, rows - r), K, R, x + size_t(r) * R,
           w, 0, y + size_t(r) * K);
    return;
  }
#pragma omp parallel
  {
    Buffer<float> columns(size_t(pixels) * R);
#pragma omp for
    for (int i = 0; i < n; ++i) {
      im2col(l, x + i * l.in.size(), columns.data());
      gemm(Transpose::no, Transpose::no, pixels, K, R, columns.data(), w, 0,
           y + i * l.output.size());
    }
  }
}

void conv_backward(const Layer& l, int n, const float* x, const float* w, const float* dy,
                   float* dx, float* dw) {
  if (l.kind == Kind::depthwise) return depthwise_backward(l, n, x, w, dy, dx, dw);
  if (winograd_fits(l)) return winograd_backward(l, n, x, w, dy, dx, dw);
  const int pixels = l.output.h * l.output.w, R = l.rows(), K = l.output.c;
  const bool matrix = is_matrix(l);
  const int parts = std::min(n, kParts);
  Buffer<float> partial(size_t(parts) * R * K);
#pragma omp parallel for schedule(dynamic)
  for (int part = 0; part < parts; ++part) {
    const int begin = n * part / parts, end = n * (part + 1) / parts;
    float* sum = partial.data() + size_t(part) * R * K;
    if (matrix) {
      const int rows = (end - begin) * pixels;
      const float* dy_part = dy + begin * l.output.size();
      gemm(Transpose::yes, Transpose::no, R, K, rows, x + begin * l.in.size(), dy_part, 0, sum);
      if (dx)
        gemm(Transpose::no, Transpose::yes, rows, R, K, dy_part, w, 0, dx + begin * l.in.size());
      continue;
    }
    Buffer<float> columns(size_t(pixels) * R);
    for (int i = begin; i < end; ++i) {
      const float* dyi = dy + i * l.output.size();
      im2col(l, x + i * l.in.size(), columns.data());
      gemm(Transpose::yes, Transpose::no, R, K, pixels, columns.data(), dyi, i > begin, sum);
      if (!dx) continue;
      gemm(Transpose::no, Transpose::yes, pixels, R, K, dyi, w, 0, columns.data());
      col2im(l, columns.data(), dx + i * l.in.size());
    }
  }
#pragma omp parallel for
  for (size_t i = 0; i < size_t(R) * K; ++i)
    for (int part = 0; part < parts; ++part) dw[i] += partial[size_t(part) * R * K + i];
}

}  // namespace tri
