#include "engine/kernels/epilogue/epilogue_avx512.h"
#include "engine/kernels/epilogue/variants.h"

namespace tri {

void finish_sums_avx512(const Epilogue& e, const int32_t* sums, int K, int pixels, void* y) {
  const int whole = K / 16 * 16;  // registers of sums: nothing behind the last one may be read
  finish_pixels_avx512(
      e, sums, K, pixels, 0, whole, K, [](int p) { return size_t(p); }, y);
  for (int p = 0; p < pixels; ++p)
    finish(e, sums + size_t(p) * K + whole, whole, K, K, size_t(p), y);
}

}  // namespace tri
