#include "engine/batchnorm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/quant.h"
#include "engine/tensor.h"

namespace tri {
namespace {

// Two sums over the rows of each channel. add(row, s1, s2) adds one row's terms. Rows are split
// into as many parts for any number of threads, so that the result does not depend on it.
template <class Add>
void column_sums(int M, int K, Add add, std::vector<double>& s1, std::vector<double>& s2) {
  constexpr int kParts = 64;
  Buffer<float> partial(size_t(2) * kParts * K);
#pragma omp parallel for
  for (int part = 0; part < kParts; ++part) {
    float* sums = partial.data() + size_t(2) * part * K;
    const int end = int(int64_t(M) * (part + 1) / kParts);
    for (int row = int(int64_t(M) * part / kParts); row < end; ++row) add(row, sums, sums + K);
  }
  s1.assign(K, 0), s2.assign(K, 0);
  for (int part = 0; part < kParts; ++part)
    for (int k = 0; k < K; ++k) {
      s1[k] += partial[size_t(2) * part * K + k];
      s2[k] += partial[size_t(2) * part * K + K + k];
    }
}

}  // namespace

void channel_moments(int M, int K, const float* y, float* mean, float* variance) {
  // Sums are taken around the first row, so that a large mean does not drown the variance.
  std::vector<double> s1, s2;
  column_sums(
      M, K,
      [=](int row, float* sum, float* squares) {
        const float* r = y + size_t(row) * K;
        for (int k = 0; k < K; ++k) {
          const float value = r[k] - y[k];
          sum[k] += value;
          squares[k] += value * value;
        }
      },
      s1, s2);
  for (int k = 0; k < K; ++k) {
    const double centre = s1[k] / M;
    mean[k] = float(y[k] + centre);
    variance[k] = float(std::max(0.0, s2[k] / M - centre * centre));
  }
}

void batchnorm_statistics(const BatchNorm& bn, int M, int K, const float* y, bool training,
                          float momentum) {
  std::vector<float> variance(bn.running_variance, bn.running_variance + K);
  if (training) {
    channel_moments(M, K, y, bn.mean, variance.data());
    for (int k = 0; k < K; ++k) {
      bn.running_mean[k] += momentum * (bn.mean[k] - bn.running_mean[k]);
      bn.running_variance[k] += momentum * (variance[k] - bn.running_variance[k]);
    }
  } else {
    std::copy(bn.running_mean, bn.running_mean + K, bn.mean);
  }
  for (int k = 0; k < K; ++k) bn.inverse_std[k] = 1 / std::sqrt(variance[k] + kEpsilon);
}

void batchnorm_relu_forward(const BatchNorm& bn, int M, int K, const float* y, float scale,
                            float* out) {
  std::vector<float> a(K), b(K);
  for (int k = 0; k < K; ++k) {
    a[k] = bn.gamma[k] * bn.inverse_std[k];
    b[k] = bn.beta[k] - a[k] * bn.mean[k];
  }
  const float inverse = scale > 0 ? 1 / scale : 0;
#pragma omp parallel for
  for (int row = 0; row < M; ++row) {
    const float* r = y + size_t(row) * K;
    float* o = out + size_t(row) * K;
    if (scale > 0)
      for (int k = 0; k < K; ++k) {
        const float z = a[k] * r[k] + b[k];
        // Halves up, as trunc(x + 1/2) of what is not negative: round_code(), vectorised.
        const float code = std::min((z > 0 ? z : 0.f) * inverse + 0.5f, kCodeMax + 0.5f);
        o[k] = scale * float(int(code));
      }
    else
      for (int k = 0; k < K; ++k) {
        const float z = a[k] * r[k] + b[k];
        o[k] = z > 0 ? z : 0;
      }
  }
}

void batchnorm_relu_backward(const BatchNorm& bn, int M, int K, const float* y, float scale,
                             float* d, float* dgamma, float* dbeta) {
  std::vector<float> a(K), b(K);
  for (int k = 0; k < K; ++k) {
    a[k] = bn.gamma[k] * bn.inverse_std[k];
    b[k] = bn.beta[k] - a[k] * bn.mean[k];
  }
  const float most = scale > 0 ? scale * (kCodeMax + 0.5f) : HUGE_VALF;
  std::vector<double> s1, s2;
  column_sums(
      M, K,
      [&](int row, float* sum, float* product) {
        const float* r = y + size_t(row) * K;
        float* g = d + size_t(row) * K;
        for (int k = 0; k < K; ++k) {
          const float z = a[k] * r[k] + b[k];
          const float passed = z > 0 && z < most ? g[k] : 0;
          g[k] = passed;
          sum[k] += passed;
          product[k] += passed * (r[k] - bn.mean[k]);
        }
      },
      s1, s2);
  std::vector<float> shift(K), slope(K);
  for (int k = 0; k < K; ++k) {
    const double normed = s2[k] * bn.inverse_std[k];  // sum of d * (y - mean) / std
    dgamma[k] += float(normed);
    dbeta[k] += float(s1[k]);
    shift[k] = float(s1[k] / M);
    slope[k] = float(normed * bn.inverse_std[k] / M);
  }
#pragma omp parallel for
  for (int row = 0; row < M; ++row) {
    const float* r = y + size_t(row) * K;
    float* g = d + size_t(row) * K;
    for (int k = 0; k < K; ++k) g[k] = a[k] * (g[k] - shift[k] - (r[k] - bn.mean[k]) * slope[k]);
  }
}

void bias_forward(int M, int K, const float* bias, float* y) {
  for (int row = 0; row < M; ++row)
    for (int k = 0; k < K; ++k) y[size_t(row) * K + k] += bias[k];
}

void bias_backward(int M, int K, const float* d, float* dbias) {
  for (int row = 0; row < M; ++row)
    for (int k = 0; k < K; ++k) dbias[k] += d[size_t(row) * K + k];
}

}  // namespace tri
