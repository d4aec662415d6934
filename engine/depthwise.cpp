#include "engine/depthwise.h"

#include <algorithm>
#include <cstring>

namespace tri {
namespace {

// Calls f(output pixel, tap, input pixel) for every tap of every output that falls on the map.
template <class F>
void for_each_tap(const Layer& l, F f) {
  for (int oh = 0; oh < l.output.h; ++oh)
    for (int ow = 0; ow < l.output.w; ++ow)
      for (int i = 0; i < l.kernel; ++i)
        for (int j = 0; j < l.kernel; ++j) {
          const int h = oh * l.stride + i - l.pad, w = ow * l.stride + j - l.pad;
          if (h >= 0 && h < l.in.h && w >= 0 && w < l.in.w)
            f(size_t(oh) * l.output.w + ow, i * l.kernel + j, size_t(h) * l.in.w + w);
        }
}

}  // namespace

void depthwise_forward(const Layer& l, int n, const float* x, const float* w, float* y) {
  const int C = l.in.c;
#pragma omp parallel for
  for (int picture = 0; picture < n; ++picture) {
    const float* xi = x + picture * l.in.size();
    float* yi = y + picture * l.output.size();
    std::memset(yi, 0, l.output.size() * sizeof(float));
    for_each_tap(l, [&](size_t out, int tap, size_t in) {
      const float *a = xi + in * C, *b = w + size_t(tap) * C;
      float* sum = yi + out * C;
      for (int c = 0; c < C; ++c) sum[c] += a[c] * b[c];
    });
  }
}

void depthwise_backward(const Layer& l, int n, const float* x, const float* w, const float* dy,
                        float* dx, float* dw) {
  const int C = l.in.c;
  const size_t weights = l.weights();
  // As many partial sums for any number of threads, so that the result does not depend on it.
  const int parts = std::min(n, 16);
  Buffer<float> partial(parts * weights);
#pragma omp parallel for schedule(dynamic)
  for (int part = 0; part < parts; ++part) {
    float* sum = partial.data() + part * weights;
    for (int picture = n * part / parts; picture < n * (part + 1) / parts; ++picture) {
      const float *xi = x + picture * l.in.size(), *dyi = dy + picture * l.output.size();
      float* dxi = dx ? dx + picture * l.in.size() : nullptr;
      if (dxi) std::memset(dxi, 0, l.in.size() * sizeof(float));
      for_each_tap(l, [&](size_t out, int tap, size_t in) {
        const float *a = xi + in * C, *d = dyi + out * C;
        float* s = sum + size_t(tap) * C;
        for (int c = 0; c < C; ++c) s[c] += a[c] * d[c];
        if (!dxi) return;
        const float* b = w + size_t(tap) * C;
        float* da = dxi + in * C;
        for (int c = 0; c < C; ++c) da[c] += b[c] * d[c];
      });
    }
  }
  for (int part = 0; part < parts; ++part)
    for (size_t i = 0; i < weights; ++i) dw[i] += partial[part * weights + i];
}

}  // namespace tri
