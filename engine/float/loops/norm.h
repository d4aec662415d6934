// Loops of batch norm, ReLU, max pooling and SGD: contracts in loops.h.
#pragma once

#include "engine/float/loops/vec.h"

namespace tri {
namespace {

// Rows whose sums stay in registers before they are added to memory.
constexpr int kRowsOfSums = 16;

void moments(int rows, int K, const float* y, const float* center, float* sum, float* squares) {
  for (int first = 0; first < rows; first += kRowsOfSums) {
    const int count = rows - first < kRowsOfSums ? rows - first : kRowsOfSums;
    const float* block = y + size_t(first) * K;
    channels(K, [&]<class V>(int k) {
      const V c = load<V>(center + k);
      V s1 = load<V>(sum + k), s2 = load<V>(squares + k);
      for (int r = 0; r < count; ++r) {
        const V value = load<V>(block + size_t(r) * K + k) - c;
        s1 += value;
        s2 += value * value;
      }
      store(sum + k, s1), store(squares + k, s2);
    });
  }
}

void relu_forward(int rows, int K, const float* y, const float* a, const float* b, float scale,
                  float* out) {
  const float inverse = scale > 0 ? 1 / scale : 0, most = 255.5f;  // kCodeMax + 1/2
  for (int r = 0; r < rows; ++r, y += K, out += K)
    channels(K, [&]<class V>(int k) {
      const V zero{}, z = load<V>(a + k) * load<V>(y + k) + load<V>(b + k);
      const V positive = z > zero ? z : zero;
      if (scale > 0) {
        // Halves up, as trunc(x + 1/2) of what is not negative: round_code(), vectorized.
        const V code = positive * inverse + 0.5f, limit = zero + most;
        store(out + k, scale * truncated(code < limit ? code : limit));
      } else {
        store(out + k, positive);
      }
    });
}

void linear_forward(int rows, int K, const float* y, const float* a, const float* b, float scale,
                    float* out) {
  // As above, on codes moved by kSignedZero, which none is below.
  const float inverse = scale > 0 ? 1 / scale : 0, zero_code = 128, most = 255.5f;
  for (int r = 0; r < rows; ++r, y += K, out += K)
    channels(K, [&]<class V>(int k) {
      const V zero{}, z = load<V>(a + k) * load<V>(y + k) + load<V>(b + k);
      if (scale > 0) {
        const V code = z * inverse + (zero_code + 0.5f), limit = zero + most;
        const V positive = code > zero ? code : zero;
        store(out + k, scale * (truncated(positive < limit ? positive : limit) - zero_code));
      } else {
        store(out + k, z);
      }
    });
}

void staircase_forward(int rows, int K, const float* y, const float* a, const float* b, float scale,
                       const FloatStaircase& f, float* out) {
  // A code is above t where z / scale is at least t + 1/2.
  const float inverse = 1 / scale, t1 = f.t1 + 0.5f, t2 = f.t2 + 0.5f;
  for (int r = 0; r < rows; ++r, y += K, out += K)
    channels(K, [&]<class V>(int k) {
      const V zero{}, z = load<V>(a + k) * load<V>(y + k) + load<V>(b + k), code = z * inverse;
      const V low = code >= zero + t1 ? zero + scale * f.v1 : zero;
      store<V>(out + k, code >= zero + t2 ? zero + scale * f.v2 : low);
    });
}

// d [rows][K] times what factor(z) returns, and the sums of that and of its products with y - mean.
template <class Factor>
void backward(int rows, int K, const float* y, const float* a, const float* b, const float* mean,
              float* d, float* sum, float* product, Factor factor) {
  for (int first = 0; first < rows; first += kRowsOfSums) {
    const int count = rows - first < kRowsOfSums ? rows - first : kRowsOfSums;
    const size_t block = size_t(first) * K;
    channels(K, [&]<class V>(int k) {
      const V ak = load<V>(a + k), bk = load<V>(b + k), center = load<V>(mean + k);
      V s1 = load<V>(sum + k), s2 = load<V>(product + k);
      for (int r = 0; r < count; ++r) {
        const size_t i = block + size_t(r) * K + k;
        const V value = load<V>(y + i), z = ak * value + bk;
        const V passed = factor.template operator()<V>(z, load<V>(d + i));
        store(d + i, passed);
        s1 += passed;
        s2 += passed * (value - center);
      }
      store(sum + k, s1), store(product + k, s2);
    });
  }
}

void clamp_backward(int rows, int K, const float* y, const float* a, const float* b, float least,
                    float most, const float* mean, float* d, float* sum, float* product) {
  backward(rows, K, y, a, b, mean, d, sum, product, [=]<class V>(const V& z, const V& dz) {
    const V zero{}, below = z < zero + most ? dz : zero;
    return z > zero + least ? below : zero;
  });
}

void staircase_backward(int rows, int K, const float* y, const float* a, const float* b,
                        float scale, const FloatStaircase& f, const float* mean, float* d,
                        float* sum, float* product) {
  const float inverse = 1 / scale, per_code = 1 / f.width;
  const float low = f.v1 / f.width, high = (f.v2 - f.v1) / f.width;
  const float t1 = f.t1 + 0.5f, t2 = f.t2 + 0.5f, nonzero = f.nonzero * per_code * inverse;
  backward(rows, K, y, a, b, mean, d, sum, product, [=]<class V>(const V& z, const V& dz) {
    const V zero{};
    const auto triangle = [&](float center) -> V {  // of height 1
      const V off = z * inverse - center, far = off > zero ? off : -off;
      const V height = 1 - far * per_code;
      return height > zero ? height : zero;
    };
    const V first = triangle(t1);
    return dz * (low * first + high * triangle(t2)) + nonzero * first;
  });
}

void norm_backward(int rows, int K, const float* y, const float* a, const float* mean,
                   const float* shift, const float* slope, float* d) {
  for (int r = 0; r < rows; ++r, y += K, d += K)
    channels(K, [&]<class V>(int k) {
      const V centered = load<V>(y + k) - load<V>(mean + k);
      const V shifted = load<V>(d + k) - load<V>(shift + k);
      store(d + k, load<V>(a + k) * (shifted - centered * load<V>(slope + k)));
    });
}

void max_forward(int C, const float* x, float* best) {
  channels(C, [&]<class V>(int c) {
    const V value = load<V>(x + c), old = load<V>(best + c);
    store<V>(best + c, value > old ? value : old);
  });
}

void max_where(int C, const float* x, int in, float* best, int* where) {
  channels(C, [&]<class V>(int c) {
    using I = typename IntsOf<V>::type;
    const V value = load<V>(x + c), old = load<V>(best + c);
    const I index = load<I>(where + c), next = I{} + in;
    store<I>(where + c, value > old ? next : index);
    store<V>(best + c, value > old ? value : old);
  });
}

void max_backward(int C, const float* dy, const int* where, int in, float* dx) {
  channels(C, [&]<class V>(int c) {
    using I = typename IntsOf<V>::type;
    const I index = load<I>(where + c), here = I{} + in;
    const V zero{}, gradient = load<V>(dy + c);
    store<V>(dx + c, load<V>(dx + c) + (index == here ? gradient : zero));
  });
}

void sgd(size_t count, float rate, float momentum, float decay, const float* grads, float* params,
         float* velocity) {
  const auto step = [&]<class V>(size_t i) {
    const V g = load<V>(grads + i) + decay * load<V>(params + i);
    const V v = momentum * load<V>(velocity + i) + g;
    store(velocity + i, v);
    store<V>(params + i, load<V>(params + i) - rate * (g + momentum * v));
  };
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) step.template operator()<Vec>(i);
  for (; i < count; ++i) step.template operator()<float>(i);
}

}  // namespace
}  // namespace tri
