// Addition for AVX-512: sixteen channels of a few pixels at a time. The values of both inputs, in
// the halves of 32 bits, meet both factors in one vpmaddwd: its sums have 32 bits.
#include "engine/kernels/add/variants.h"
#include "engine/kernels/epilogue/epilogue_avx512.h"

namespace tri {
namespace {

constexpr int kChannels = 16, kPixels = 16;

inline __m512i load_bytes(__mmask64 mask, const uint8_t* x) {
  return _mm512_cvtepu8_epi32(_mm512_castsi512_si128(_mm512_maskz_loadu_epi8(mask, x)));
}

// Channels k .. k+kChannels-1 of `pixels` pixels from number `first` on.
void add_block(const AddFactors& f, const AddInput& input, const Epilogue& epilogue, size_t first,
               int pixels, int k, void* y) {
  const int count = f.K - k < kChannels ? f.K - k : kChannels;
  const auto mask = __mmask16((1 << count) - 1);
  const __m512i b = _mm512_maskz_loadu_epi32(mask, f.b + k);
  const __m512i factors =
      _mm512_or_si512(_mm512_maskz_loadu_epi32(mask, f.a + k), _mm512_slli_epi32(b, 16));
  alignas(64) int32_t sums[kPixels * kChannels];
  for (int p = 0; p < pixels; ++p) {
    const size_t at = (first + size_t(p)) * size_t(f.K) + size_t(k);
    const __m512i x = _mm512_or_si512(load_bytes(mask, input.a + at),
                                      _mm512_slli_epi32(load_bytes(mask, input.b + at), 16));
    _mm512_store_si512(sums + p * kChannels, _mm512_madd_epi16(x, factors));
  }
  finish_pixels_avx512(
      epilogue, sums, kChannels, pixels, k, k + count, f.K,
      [=](int p) { return first + size_t(p); }, y);
}

}  // namespace

void add_avx512(const AddFactors& factors, const AddInput& input, const Epilogue& epilogue,
                void* y) {
#pragma omp parallel for
  for (size_t first = 0; first < input.pixels; first += kPixels) {
    const size_t left = input.pixels - first;
    for (int k = 0; k < factors.K; k += kChannels)
      add_block(factors, input, epilogue, first, left < kPixels ? int(left) : kPixels, k, y);
  }
}

}  // namespace tri
