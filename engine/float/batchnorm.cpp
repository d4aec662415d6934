#include "engine/float/batchnorm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/arithmetic/quant.h"
#include "engine/float/loops/loops.h"
#include "engine/float/scratch.h"

namespace tri {
namespace {

// Two sums [K] over M rows. add(first row, rows, s1, s2) adds some rows' terms. Rows are split into
// as many parts for any number of threads, so that the result does not depend on it.
template <class Add>
void column_sums(int M, int K, Add add, std::vector<double>& s1, std::vector<double>& s2) {
  constexpr int kParts = 64;
  float* partial = scratch<struct ColumnSums>(size_t(2) * kParts * K);
#pragma omp parallel for
  for (int part = 0; part < kParts; ++part) {
    float* sums = partial + size_t(2) * part * K;
    std::fill(sums, sums + 2 * K, 0.0f);
    const int begin = int(int64_t(M) * part / kParts), end = int(int64_t(M) * (part + 1) / kParts);
    add(begin, end - begin, sums, sums + K);
  }
  s1.assign(K, 0), s2.assign(K, 0);
  for (int part = 0; part < kParts; ++part)
    for (int k = 0; k < K; ++k) {
      s1[k] += partial[size_t(2) * part * K + k];
      s2[k] += partial[size_t(2) * part * K + K + k];
    }
}

// Calls f(first row, rows) for chunks of M rows, on all threads.
template <class F>
void for_rows(int M, F f) {
  constexpr int kRows = 16;
#pragma omp parallel for
  for (int row = 0; row < M; row += kRows) f(size_t(row), std::min(kRows, M - row));
}

// a, b [K] with gamma * (y - mean) * inverse_std + beta = a * y + b.
struct Line {
  std::vector<float> a, b;
  explicit Line(int K) : a(K, 1), b(K, 0) {}  // y itself
  Line(const BatchNorm& bn, int K) : a(K), b(K) {
    for (int k = 0; k < K; ++k) {
      a[k] = bn.gamma[k] * bn.inverse_std[k];
      b[k] = bn.beta[k] - a[k] * bn.mean[k];
    }
  }
};

FloatStaircase as_floats(const TriSegment& f, float nonzero = 0) {
  return {float(f.t1), float(f.v1), float(f.t2), float(f.v2), float(f.width()), nonzero};
}

void apply_forward(const Line& line, int M, int K, const float* y, const Activate& activate,
                   float* out) {
  const float *a = line.a.data(), *b = line.b.data(), scale = activate.scale;
  for_rows(M, [&](size_t row, int rows) {
    const float* in = y + row * K;
    float* result = out + row * K;
    if (activate.staircase)
      loops().staircase_forward(rows, K, in, a, b, scale, as_floats(*activate.staircase), result);
    else if (activate.kind == Activation::relu)
      loops().relu_forward(rows, K, in, a, b, scale, result);
    else
      loops().linear_forward(rows, K, in, a, b, scale, result);
  });
}

// d: the gradient of what comes out, then of z; s1, s2 [K]: its sum, and that of d * (y - mean).
void apply_backward(const Line& line, int M, int K, const float* y, const Activate& activate,
                    const float* mean, float* d, std::vector<double>& s1, std::vector<double>& s2) {
  const float *a = line.a.data(), *b = line.b.data(), scale = activate.scale;
  const bool linear = activate.kind == Activation::linear;
  const float most = scale > 0 ? scale * (kCodeMax - (linear ? kSignedZero : 0) + 0.5f) : HUGE_VALF;
  const float least = !linear ? 0 : scale > 0 ? -scale * (kSignedZero + 0.5f) : -HUGE_VALF;
  column_sums(
      M, K,
      [&](int row, int rows, float* sum, float* product) {
        const size_t at = size_t(row) * K;
        if (activate.staircase)
          loops().staircase_backward(rows, K, y + at, a, b, scale,
                                     as_floats(*activate.staircase, activate.nonzero), mean, d + at,
                                     sum, product);
        else
          loops().clamp_backward(rows, K, y + at, a, b, least, most, mean, d + at, sum, product);
      },
      s1, s2);
}

}  // namespace

void channel_moments(int M, int K, const float* y, float* mean, float* variance) {
  // Sums are taken around the first row, so that a large mean does not drown the variance.
  std::vector<double> s1, s2;
  column_sums(
      M, K,
      [=](int row, int rows, float* sum, float* squares) {
        loops().moments(rows, K, y + size_t(row) * K, y, sum, squares);
      },
      s1, s2);
  for (int k = 0; k < K; ++k) {
    const double center = s1[k] / M;
    mean[k] = float(y[k] + center);
    variance[k] = float(std::max(0.0, s2[k] / M - center * center));
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

void batchnorm_forward(const BatchNorm& bn, int M, int K, const float* y, const Activate& activate,
                       float* out) {
  apply_forward(Line(bn, K), M, K, y, activate, out);
}

void batchnorm_backward(const BatchNorm& bn, int M, int K, const float* y, const Activate& activate,
                        bool training, float* d, float* dgamma, float* dbeta) {
  const Line line(bn, K);
  std::vector<double> s1, s2;
  apply_backward(line, M, K, y, activate, bn.mean, d, s1, s2);
  std::vector<float> shift(K), slope(K);
  for (int k = 0; k < K; ++k) {
    const double normed = s2[k] * bn.inverse_std[k];  // sum of d * (y - mean) / std
    dgamma[k] = float(normed);
    dbeta[k] = float(s1[k]);
    if (!training) continue;
    shift[k] = float(s1[k] / M);
    slope[k] = float(normed * bn.inverse_std[k] / M);
  }
  for_rows(M, [&](size_t row, int rows) {
    loops().norm_backward(rows, K, y + row * K, line.a.data(), bn.mean, shift.data(), slope.data(),
                          d + row * K);
  });
}

void activate_forward(int M, int K, const float* y, const Activate& activate, float* out) {
  apply_forward(Line(K), M, K, y, activate, out);
}

void activate_backward(int M, int K, const float* y, const Activate& activate, float* d) {
  const std::vector<float> zeros(K, 0);
  std::vector<double> s1, s2;
  apply_backward(Line(K), M, K, y, activate, zeros.data(), d, s1, s2);
}

void bias_forward(int M, int K, const float* bias, float* y) {
  for (int row = 0; row < M; ++row)
    for (int k = 0; k < K; ++k) y[size_t(row) * K + k] += bias[k];
}

void bias_backward(int M, int K, const float* d, float* dbias) {
  std::fill(dbias, dbias + K, 0.0f);
  for (int row = 0; row < M; ++row)
    for (int k = 0; k < K; ++k) dbias[k] += d[size_t(row) * K + k];
}

}  // namespace tri
