#include "engine/float/gemm.h"

#include <bit>
#include <cmath>
#include <vector>

#include "data/base/error.h"
#include "data/base/rng.h"
#include "engine/float/gemm_bf16.h"
#include "engine/kernels/dispatch/isa.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// To bfloat16, half to even, as a float.
float rounded(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u);
}

struct Product {
  int M, N, K;
};

// Values at random, in rows with a gap behind them.
constexpr int kGap = 3;
struct Matrix {
  int rows, columns, stride;
  std::vector<float> values;
  Matrix(int rows_, int columns_, Rng& rng)
      : rows(rows_), columns(columns_), stride(columns + kGap), values(size_t(rows) * stride) {
    for (float& x : values) x = float(rng.normal());
  }
  float at(int r, int c, Transpose t) const {
    return t == Transpose::yes ? values[size_t(c) * stride + r] : values[size_t(r) * stride + c];
  }
};

void check_products(decltype(gemm_bf16_avx512) body) {
  Rng rng(5);
  for (const auto& [M, N, K] :
       std::vector{Product{1, 1, 1}, Product{8, 32, 512}, Product{9, 33, 31}, Product{17, 16, 1025},
                   Product{40, 70, 33}, Product{64, 5, 514}, Product{96, 64, 544}})
    for (const Transpose ta : {Transpose::no, Transpose::yes})
      for (const Transpose tb : {Transpose::no, Transpose::yes})
        for (const float beta : {0.0f, 1.0f}) {
          CAPTURE(M);
          CAPTURE(N);
          CAPTURE(K);
          CAPTURE(int(ta));
          CAPTURE(int(tb));
          const Matrix a = ta == Transpose::yes ? Matrix(K, M, rng) : Matrix(M, K, rng);
          const Matrix b = tb == Transpose::yes ? Matrix(N, K, rng) : Matrix(K, N, rng);
          Matrix c(M, N, rng);
          const Matrix before = c;
          body(M, N, K, {a.values.data(), a.stride, ta}, {b.values.data(), b.stride, tb}, beta,
               c.values.data(), c.stride);
          double worst = 0;
          for (int m = 0; m < M; ++m) {
            for (int n = 0; n < N; ++n) {
              double sum = double(beta) * before.at(m, n, Transpose::no);
              for (int k = 0; k < K; ++k)
                sum += double(rounded(a.at(m, k, ta))) * rounded(b.at(k, n, tb));
              worst = std::max(worst, std::fabs(sum - c.at(m, n, Transpose::no)));
            }
            for (int n = N; n < c.stride; ++n)  // the gap stays
              CHECK(c.values[size_t(m) * c.stride + n] == before.values[size_t(m) * c.stride + n]);
          }
          CHECK(worst < 4e-7 * K + 1e-6);
        }
}

}  // namespace

TEST_CASE("a product of bfloat16 is that of the rounded factors, its sums rounded as floats are") {
  if (!has_bf16()) {
    MESSAGE("skipped: this CPU has no products of bfloat16");
    return;
  }
  check_products(gemm_bf16_avx512);
  if (runnable_isas().front() == Isa::amx)
    check_products(gemm_bf16_amx);
  else
    MESSAGE("skipped in part: this CPU has no AMX");
}

TEST_CASE("a precision is chosen by name, bf16 only where there is one") {
  CHECK(precision_of("fp32") == Precision::fp32);
  CHECK(precision_of("") == (has_bf16() ? Precision::bf16 : Precision::fp32));
  CHECK_THROWS_WITH_AS(precision_of("fp16"), doctest::Contains("expected fp32 or bf16"), Error);
  if (has_bf16())
    CHECK(precision_of("bf16") == Precision::bf16);
  else
    CHECK_THROWS_WITH_AS(precision_of("bf16"), doctest::Contains("has no products"), Error);
}

TEST_CASE("small products do without bfloat16, large ones take it when told") {
  Rng rng(6);
  const auto differ = [&](int size) {
    const Matrix a(size, size, rng), b(size, size, rng);
    std::vector<float> c[2];
    for (const Precision p : {Precision::fp32, Precision::bf16}) {
      std::vector<float>& to = c[int(p)];
      to.resize(size_t(size) * size);
      gemm(size, size, size, {a.values.data(), a.stride}, {b.values.data(), b.stride}, 0, to.data(),
           size, p);
    }
    return c[0] != c[1];
  };
  CHECK(!differ(16));
  if (has_bf16()) CHECK(differ(64));
}
