#include "engine/float/gemm.h"

#include <cblas.h>
#include <unistd.h>

#include <cstdlib>

extern "C" {
void openblas_set_num_threads(int);
// LAPACK, by columns: what is an upper triangle by rows is a lower one to it.
void spotrf_(const char* triangle, const int* n, float* a, const int* stride, int* info);
void spotrs_(const char* triangle, const int* n, const int* count, const float* a,
             const int* stride, float* b, const int* b_stride, int* info);
}

namespace tri {
namespace {

// OpenBLAS must not start threads of its own inside our parallel loops.
[[maybe_unused]] const bool single_threaded = (openblas_set_num_threads(1), true);

}  // namespace

void choose_blas_kernels([[maybe_unused]] char** argv) {
#if defined(__x86_64__) && defined(__linux__)
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  if (!avx512 || std::getenv("OPENBLAS_CORETYPE")) return;
  setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
  execv("/proc/self/exe", argv);  // returns only where it fails: then on with the slower kernels
#endif
}

void gemm(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride) {
  const auto order = [](Transpose t) { return t == Transpose::yes ? CblasTrans : CblasNoTrans; };
  cblas_sgemm(CblasRowMajor, order(a.transpose), order(b.transpose), M, N, K, 1.0f, a.at, a.stride,
              b.at, b.stride, beta, c, stride);
}

void gemm(Transpose ta, Transpose tb, int M, int N, int K, const float* a, const float* b,
          float beta, float* c) {
  gemm(M, N, K, {a, ta == Transpose::yes ? M : K, ta}, {b, tb == Transpose::yes ? K : N, tb}, beta,
       c, N);
}

bool cholesky(int n, float* a) {
  int info = 0;
  spotrf_("L", &n, a, &n, &info);
  return info == 0;
}

void cholesky_solve(int n, const float* a, int count, float* b) {
  int info = 0;
  spotrs_("L", &n, &count, a, &n, b, &n, &info);
}

}  // namespace tri
