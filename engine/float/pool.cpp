#include "engine/float/pool.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/float/loops/loops.h"
#include "engine/float/scratch.h"

namespace tri {
namespace {

// Calls f(output pixel, input pixel) for every pixel under every window of one picture.
template <class F>
void for_each_pixel(const Layer& l, F f) {
  for (int oh = 0; oh < l.output.h; ++oh)
    for (int ow = 0; ow < l.output.w; ++ow) {
      const int h0 = oh * l.stride - l.pad, w0 = ow * l.stride - l.pad;
      for (int h = std::max(0, h0); h < std::min(l.in.h, h0 + l.kernel); ++h)
        for (int w = std::max(0, w0); w < std::min(l.in.w, w0 + l.kernel); ++w)
          f(size_t(oh) * l.output.w + ow, size_t(h) * l.in.w + w);
    }
}

}  // namespace

void max_pool_forward(const Layer& l, int n, const float* x, float* y) {
  const int C = l.in.c;
  const Loops& f = loops();
#pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    const float* xi = x + i * l.in.size();
    float* yi = y + i * l.output.size();
    std::fill(yi, yi + l.output.size(), std::numeric_limits<float>::lowest());
    for_each_pixel(l, [&](size_t out, size_t in) { f.max_forward(C, xi + in * C, yi + out * C); });
  }
}

void max_pool_backward(const Layer& l, int n, const float* x, const float* dy, float* dx) {
  const int C = l.in.c;
  const Loops& f = loops();
#pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    const float *xi = x + i * l.in.size(), *dyi = dy + i * l.output.size();
    float *dxi = dx + i * l.in.size(), *best = scratch<struct Best>(l.output.size());
    int* where = scratch<struct Where, int>(l.output.size());
    std::fill(best, best + l.output.size(), std::numeric_limits<float>::lowest());
    for_each_pixel(l, [&](size_t out, size_t in) {
      f.max_where(C, xi + in * C, int(in), best + out * C, where + out * C);
    });
    std::memset(dxi, 0, l.in.size() * sizeof(float));
    for_each_pixel(l, [&](size_t out, size_t in) {
      f.max_backward(C, dyi + out * C, where + out * C, int(in), dxi + in * C);
    });
  }
}

void avg_pool_forward(const Layer& l, int n, const float* x, float* y) {
  const int C = l.in.c;
  const float share = 1.0f / float(l.kernel * l.kernel);
#pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    const float* xi = x + i * l.in.size();
    float* yi = y + i * l.output.size();
    std::memset(yi, 0, l.output.size() * sizeof(float));
    for_each_pixel(l, [&](size_t out, size_t in) {
      for (int c = 0; c < C; ++c) yi[out * C + c] += share * xi[in * C + c];
    });
  }
}

void avg_pool_backward(const Layer& l, int n, const float* dy, float* dx) {
  const int C = l.in.c;
  const float share = 1.0f / float(l.kernel * l.kernel);
#pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    const float* dyi = dy + i * l.output.size();
    float* dxi = dx + i * l.in.size();
    std::memset(dxi, 0, l.in.size() * sizeof(float));
    for_each_pixel(l, [&](size_t out, size_t in) {
      for (int c = 0; c < C; ++c) dxi[in * C + c] += share * dyi[out * C + c];
    });
  }
}

}  // namespace tri
