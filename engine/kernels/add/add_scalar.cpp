// The reference: the addition as the contract states it, and no faster.
#include <vector>

#include "engine/kernels/add/variants.h"

namespace tri {

void add_scalar(const AddFactors& factors, const AddInput& input, const Epilogue& epilogue,
                void* y) {
  const int K = factors.K;
#pragma omp parallel for
  for (size_t pixel = 0; pixel < input.pixels; ++pixel) {
    thread_local std::vector<int32_t> sums;
    sums.resize(size_t(K));
    const uint8_t *xa = input.a + pixel * size_t(K), *xb = input.b + pixel * size_t(K);
    for (int k = 0; k < K; ++k) sums[size_t(k)] = factors.a[k] * xa[k] + factors.b[k] * xb[k];
    finish(epilogue, sums.data(), 0, K, K, pixel, y);
  }
}

}  // namespace tri
