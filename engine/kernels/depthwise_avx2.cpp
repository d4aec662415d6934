// Depthwise int8 convolution for AVX2: 16 channels at a time, two taps to a vpmaddwd.
#include <immintrin.h>

#include <cstring>

#include "engine/kernels/epilogue_avx2.h"
#include "engine/kernels/variants.h"

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

// taps: an even number of pointers to [K] values.
void pixel(const PackedConv& conv, const uint8_t* const* taps, int pairs, const Epilogue& epilogue,
           size_t target, void* y) {
  const int K = conv.layer.output.c;
  const int8_t* w = conv.weights.data();
  for (int k = 0; k < K; k += kChannels) {
    const int count = K - k < kChannels ? K - k : kChannels;
    __m256i low = _mm256_setzero_si256(), high = low;
    for (int t = 0; t < pairs; ++t, w += 2 * kChannels) {
      const __m128i a = load_part(taps[2 * t] + k, count),
                    b = load_part(taps[2 * t + 1] + k, count);
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
  const Layer& l = conv.layer;
  const int K = l.output.c, taps = l.kernel * l.kernel, pairs = (taps + 1) / 2;
  const int lines = input.n * l.output.h;
  // What taps outside the map read, then one list of taps for each line of the output.
  const size_t padding = size_t(round_up(K, 64));
  auto* pad = static_cast<uint8_t*>(scratch(padding + size_t(lines) * pairs * 2 * sizeof(void*)));
  auto* lists = reinterpret_cast<const uint8_t**>(pad + padding);
  std::memset(pad, input.pad_value, size_t(K));

#pragma omp parallel for
  for (int line = 0; line < lines; ++line) {
    const uint8_t** list = lists + size_t(line) * pairs * 2;
    list[2 * pairs - 1] = pad;  // where taps are odd: its weight is 0
    const int n = line / l.output.h, oh = line % l.output.h;
    for (int ow = 0; ow < l.output.w; ++ow) {
      for (int t = 0; t < taps; ++t) {
        const int ih = oh * l.stride - l.pad + t / l.kernel;
        const int iw = ow * l.stride - l.pad + t % l.kernel;
        const bool inside = ih >= 0 && ih < l.in.h && iw >= 0 && iw < l.in.w;
        list[t] = inside ? input.x + ((size_t(n) * l.in.h + ih) * l.in.w + iw) * K : pad;
      }
      pixel(conv, list, pairs, epilogue, size_t(line) * l.output.w + ow, y);
    }
  }
}

}  // namespace tri
