#include "engine/gemm.h"

#include <cblas.h>

extern "C" void openblas_set_num_threads(int);

namespace tri {
namespace {

// OpenBLAS must not start threads of its own inside our parallel loops.
[[maybe_unused]] const bool single_threaded = (openblas_set_num_threads(1), true);

}  // namespace

void gemm(Transpose ta, Transpose tb, int M, int N, int K, const float* a, const float* b,
          float beta, float* c) {
  const bool at = ta == Transpose::yes, bt = tb == Transpose::yes;
  cblas_sgemm(CblasRowMajor, at ? CblasTrans : CblasNoTrans, bt ? CblasTrans : CblasNoTrans, M, N,
              K, 1.0f, a, at ? M : K, b, bt ? K : N, beta, c, N);
}

}  // namespace tri
