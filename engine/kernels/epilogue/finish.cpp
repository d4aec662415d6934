#include "engine/kernels/epilogue/finish.h"

#include <algorithm>

#include "engine/kernels/dispatch/choose.h"
#include "engine/kernels/dispatch/cpu.h"
#include "engine/kernels/epilogue/variants.h"

namespace tri {

const std::vector<FinishVariant>& finish_variants() {
  static const std::vector<FinishVariant> variants = {
#ifdef __x86_64__
      {Isa::avx512, cpu_has_avx512, finish_sums_avx512},
      {Isa::avx2, cpu_has_avx2, finish_sums_avx2},
#endif
      {Isa::scalar, always, finish_sums_scalar},
  };
  return variants;
}

void finish_all(const Epilogue& e, const int32_t* sums, int K, size_t pixels, void* y) {
  const FinishVariant& best = choose(finish_variants(), chosen_isa());
  const size_t size = e.kind == Epilogue::accumulators ? sizeof(int32_t) : 1;
  constexpr size_t kAtOnce = 64;
#pragma omp parallel for
  for (size_t first = 0; first < pixels; first += kAtOnce) {
    const size_t at = first * size_t(K);
    best.run(e, sums + at, K, int(std::min(kAtOnce, pixels - first)),
             static_cast<uint8_t*>(y) + at * size);
  }
}

}  // namespace tri
