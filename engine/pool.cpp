#include "engine/pool.h"

#include <algorithm>
#include <cstring>
#include <limits>

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
#pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    const float* xi = x + i * l.in.size();
    float* yi = y + i * l.output.size();
    std::fill(yi, yi + l.output.size(), std::numeric_limits<float>::lowest());
    for_each_pixel(l, [&](size_t out, size_t in) {
      for (int c = 0; c < C; ++c) yi[out * C + c] = std::max(yi[out * C + c], xi[in * C + c]);
    });
  }
}

void max_pool_backward(const Layer& l, int n, const float* x, const float* dy, float* dx) {
  const int C = l.in.c;
#pragma omp parallel
  {
    Buffer<float> best(l.output.size());
    Buffer<int> where(l.output.size());
#pragma omp for
    for (int i = 0; i < n; ++i) {
      const float *xi = x + i * l.in.size(), *dyi = dy + i * l.output.size();
      float* dxi = dx + i * l.in.size();
      std::fill(best.begin(), best.end(), std::numeric_limits<float>::lowest());
      for_each_pixel(l, [&](size_t out, size_t in) {
        float* b = best.data() + out * C;
        int* at = where.data() + out * C;
        for (int c = 0; c < C; ++c) {
          const bool larger = xi[in * C + c] > b[c];
          at[c] = larger ? int(in) : at[c];
          b[c] = larger ? xi[in * C + c] : b[c];
        }
      });
      std::memset(dxi, 0, l.in.size() * sizeof(float));
      for (size_t o = 0; o < l.output.size(); ++o) dxi[size_t(where[o]) * C + o % C] += dyi[o];
    }
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
