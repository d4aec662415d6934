// Depthwise int8 convolution for AVX2: 16 channels at a time, two kernel positions to a vpmaddwd.
#include <immintrin.h>

#include "engine/kernels/conv/depthwise_pixels.h"
#include "engine/kernels/epilogue/epilogue_avx2.h"

namespace tri {
namespace {

constexpr int kChannels = 16;

inline __m128i load16(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }

// Up to 16 channels, zeros after them.
inline __m128i load_part(const uint8_t* x, int count) {
  if (count == kChannels) return load16(x);
  alignas(16) uint8_t bytes[kChannels] = {};
  std::memcpy(bytes, x, size_t(count));
  return load16(bytes);
}

void pixel(const PackedConv& conv, const uint8_t* const* under, int slots, const Epilogue& epilogue,
           size_t target, void* y) {
  const int K = conv.layer.output.c;
  const int8_t* w = conv.weights.data();
  for (int k = 0; k < K; k += kChannels) {
    const int count = K - k < kChannels ? K - k : kChannels;
    __m256i low = _mm256_setzero_si256(), high = low;
    for (int t = 0; t < slots; t += 2, w += 2 * kChannels) {
      const __m128i a = load_part(under[t] + k, count), b = load_part(under[t + 1] + k, count);
      low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b)),
                                                    _mm256_cvtepi8_epi16(load16(w))));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b)),
                                                      _mm256_cvtepi8_epi16(load16(w + kChannels))));
    }
    alignas(32) int32_t sums[kChannels];
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums), low);
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums + 8), high);
    finish_avx2(epilogue, sums, k, k + count, K, target, y);
  }
}

}  // namespace

void depthwise_avx2(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                    void* y) {
  depthwise_convolution(conv, input, epilogue, y, pixel, 2);
}

}  // namespace tri
