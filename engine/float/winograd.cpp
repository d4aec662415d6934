#include "engine/float/winograd.h"

#include <algorithm>
#include <cstring>

#include "data/base/check.h"
#include "data/base/parallel.h"
#include "engine/float/gemm.h"
#include "engine/float/loops/loops.h"
#include "engine/float/scratch.h"

namespace tri {
namespace {

// F(4x4, 3x3), but where the map is no larger than a tile of F(2x2, 3x3).
const WinogradLoops& filtering(const Layer& l) {
  if (l.kernel == 5) return loops().f25;
  return l.in.h <= 2 && l.in.w <= 2 ? loops().f23 : loops().f43;
}

// One layer's convolution, a group of pictures at a time.
class Winograd {
  const WinogradLoops& f;
  const Precision precision;
  const int A = f.m + f.r - 1, P = A * A;
  const int H, W, C, K, th, tw, tiles;  // tiles of one picture
  const int group;                      // pictures that are transformed and multiplied at a time

 public:
  Winograd(const Layer& l, Precision precision_)
      : f(filtering(l)),
        precision(precision_),
        H(l.in.h),
        W(l.in.w),
        C(l.in.c),
        K(l.output.c),
        th((H + f.m - 1) / f.m),
        tw((W + f.m - 1) / f.m),
        tiles(th * tw),
        group(std::max(1, kTilesAtOnce / tiles)) {}

  void forward(int n, const float* x, const float* w, float* y) const {
    const int most = std::min(group, n) * tiles;
    float* u = scratch<struct U>(P * plane(C, K));
    float* v = scratch<struct V>(P * plane(most, C));
    float* m = scratch<struct M>(P * plane(most, K));
    FirstException thrown;
#pragma omp parallel
    {
      weights_in(w, u);
      for (int first = 0; first < n; first += group) {
        const int count = std::min(group, n - first), T = count * tiles;
        in(f.inputs_in, C, T, x + size_t(first) * H * W * C, v);
#pragma omp for schedule(dynamic)
        for (int p = 0; p < P; ++p)
          thrown.keep([&] {
            gemm(Transpose::no, Transpose::no, T, K, C, v + p * plane(T, C), u + p * plane(C, K), 0,
                 m + p * plane(T, K), precision);
          });
        out(f.outputs_out, K, count, 1, m, y + size_t(first) * H * W * K);
      }
    }
    thrown.rethrow();
  }

  void backward(int n, const float* x, const float* w, const float* dy, float* dx,
                float* dw) const {
    const int most = std::min(group, n) * tiles;
    float* u = scratch<struct U>(P * plane(C, K));
    float* v = scratch<struct V>(P * plane(most, C));
    float* z = scratch<struct M>(P * plane(most, K));
    float* q = scratch<struct Q>(P * plane(most, C));
    float* du = scratch<struct Du>(P * plane(C, K));
    // Only neighboring rows of the inputs' tiles overlap: first every phases-th row of tiles, then
    // the next ones, so that no two threads add to one pixel and sums keep their order.
    const int phases = (A + f.m - 1) / f.m;
    FirstException thrown;
#pragma omp parallel
    {
      if (dx) weights_in(w, u);
      for (int first = 0; first < n; first += group) {
        const int count = std::min(group, n - first), T = count * tiles;
        if (dw) in(f.inputs_in, C, T, x + size_t(first) * H * W * C, v);
        in(f.gradients_in, K, T, dy + size_t(first) * H * W * K, z);
#pragma omp for schedule(dynamic)
        for (int p = 0; p < P; ++p)
          thrown.keep([&] {
            const float* zp = z + p * plane(T, K);
            if (dw)
              gemm(Transpose::yes, Transpose::no, C, K, T, v + p * plane(T, C), zp, first > 0,
                   du + p * plane(C, K), precision);
            if (dx)
              gemm(Transpose::no, Transpose::yes, T, C, K, zp, u + p * plane(C, K), 0,
                   q + p * plane(T, C), precision);
          });
        if (!dx) continue;
        float* pixels = dx + size_t(first) * H * W * C;
#pragma omp for
        for (int picture = 0; picture < count; ++picture)
          std::memset(pixels + size_t(picture) * H * W * C, 0, size_t(H) * W * C * sizeof(float));
        out(f.gradients_out, C, count, phases, q, pixels);
      }
#pragma omp for
      for (int c = 0; c < (dw ? C : 0); ++c)
        f.weights_out(size_t(c) * K, size_t(c + 1) * K, size_t(C) * K, du, plane(C, K), dw);
    }
    thrown.rethrow();
  }

 private:
  static constexpr int kTilesAtOnce = 128;

  // Floats from one position's matrix to the next: a cache line more than it holds, so that the P
  // values of a tile do not all fall into one set of the cache.
  static size_t plane(int rows, int columns) { return size_t(rows) * columns + 16; }
  WinogradMap map(int D, int T) const { return {H, W, D, th, tw, plane(T, D)}; }

  // The rest is called by all threads of a parallel region.
  void weights_in(const float* w, float* u) const {
#pragma omp for
    for (int c = 0; c < C; ++c)
      f.weights_in(size_t(c) * K, size_t(c + 1) * K, size_t(C) * K, w, plane(C, K), u);
  }
  void in(decltype(WinogradLoops::inputs_in) transform, int D, int T, const float* pixels,
          float* planes) const {
    constexpr int kTiles = 4;
#pragma omp for
    for (int t = 0; t < T; t += kTiles)
      transform(map(D, T), pixels, t, std::min(T, t + kTiles), planes);
  }
  void out(decltype(WinogradLoops::outputs_out) transform, int D, int pictures, int phases,
           const float* planes, float* pixels) const {
    for (int phase = 0; phase < phases; ++phase) {
      const int rows = (th - phase + phases - 1) / phases;
#pragma omp for
      for (int i = 0; i < pictures * rows; ++i) {
        const int picture = i / rows;
        transform(map(D, pictures * tiles), planes + size_t(picture) * tiles * D,
                  phase + i % rows * phases, pixels + size_t(picture) * H * W * D);
      }
    }
  }
};

}  // namespace

bool winograd_fits(const Layer& l) {
  constexpr int kChannels = 16;  // whole registers in every variant of the loops
  return l.kind == Kind::conv && (l.kernel == 3 || l.kernel == 5) && l.stride == 1 &&
         l.pad == l.kernel / 2 && l.in.c % kChannels == 0 && l.output.c % kChannels == 0;
}

void winograd_forward(const Layer& l, int n, const float* x, const float* w, float* y,
                      Precision precision) {
  CHECK(winograd_fits(l));
  Winograd(l, precision).forward(n, x, w, y);
}

void winograd_backward(const Layer& l, int n, const float* x, const float* w, const float* dy,
                       float* dx, float* dw, Precision precision) {
  CHECK(winograd_fits(l));
  Winograd(l, precision).backward(n, x, w, dy, dx, dw);
}

}  // namespace tri
