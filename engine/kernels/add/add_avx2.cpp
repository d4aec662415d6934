// Addition for AVX2: eight channels at a time. Bytes of both inputs, interleaved and widened to 16
// bits, meet both factors in one vpmaddwd: its sums have 32 bits.
#include <immintrin.h>

#include "engine/kernels/add/variants.h"
#include "engine/kernels/epilogue/epilogue_avx2.h"

namespace tri {
namespace {

constexpr int kChannels = 8;

inline __m128i load_bytes(const uint8_t* x) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(x));
}

void add_pixel(const AddFactors& f, const uint8_t* xa, const uint8_t* xb, const Epilogue& epilogue,
               size_t pixel, void* y) {
  int k = 0;
  for (; k + kChannels <= f.K; k += kChannels) {
    const __m256i x =
        _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(load_bytes(xa + k), load_bytes(xb + k)));
    const __m256i factors = _mm256_or_si256(load8(f.a + k), _mm256_slli_epi32(load8(f.b + k), 16));
    finish8(
        epilogue, 1, [=](int) { return _mm256_madd_epi16(x, factors); }, k,
        [=](int) { return pixel * size_t(f.K) + size_t(k); }, y);
  }
  int32_t rest[kChannels];
  for (int i = 0; k + i < f.K; ++i) rest[i] = f.a[k + i] * xa[k + i] + f.b[k + i] * xb[k + i];
  finish(epilogue, rest, k, f.K, f.K, pixel, y);
}

}  // namespace

void add_avx2(const AddFactors& factors, const AddInput& input, const Epilogue& epilogue, void* y) {
  const size_t K = size_t(factors.K);
#pragma omp parallel for
  for (size_t pixel = 0; pixel < input.pixels; ++pixel)
    add_pixel(factors, input.a + pixel * K, input.b + pixel * K, epilogue, pixel, y);
}

}  // namespace tri
