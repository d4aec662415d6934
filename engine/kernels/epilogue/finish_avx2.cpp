#include "engine/kernels/epilogue/epilogue_avx2.h"
#include "engine/kernels/epilogue/variants.h"

namespace tri {

void finish_sums_avx2(const Epilogue& e, const int32_t* sums, int K, int pixels, void* y) {
  finish_pixels_avx2(
      e, sums, K, pixels, 0, K, K, [](int p) { return size_t(p); }, y);
}

}  // namespace tri
