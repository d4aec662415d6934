// Depthwise int8 convolution for AVX-512 VNNI: 64 channels at a time, four kernel positions to a
// vpdpbusd.
#include "engine/kernels/conv/depthwise_pixels.h"
#include "engine/kernels/epilogue/epilogue_avx512.h"

namespace tri {
namespace {

constexpr int kChannels = 64;

void pixel(const PackedConv& conv, const uint8_t* const* under, int slots, const Epilogue& epilogue,
           size_t target, void* y) {
  const int K = conv.layer.output.c;
  const int8_t* w = conv.weights.data();
  for (int k = 0; k < K; k += kChannels) {
    const int count = K - k < kChannels ? K - k : kChannels;
    const auto mask = __mmask64(~uint64_t{0} >> (kChannels - count));
    // Of each 16 channels, in 16 bytes of a register, the sums of the r-th four are in register r.
    __m512i sums[4];
    for (__m512i& sum : sums) sum = _mm512_setzero_si512();
    for (int t = 0; t < slots; t += 4, w += 4 * kChannels) {
      const auto x = [&](int i) { return _mm512_maskz_loadu_epi8(mask, under[t + i] + k); };
      const __m512i x0 = x(0), x1 = x(1), x2 = x(2), x3 = x(3);
      const __m512i low01 = _mm512_unpacklo_epi8(x0, x1), high01 = _mm512_unpackhi_epi8(x0, x1);
      const __m512i low23 = _mm512_unpacklo_epi8(x2, x3), high23 = _mm512_unpackhi_epi8(x2, x3);
      const __m512i quads[4] = {
          _mm512_unpacklo_epi16(low01, low23), _mm512_unpackhi_epi16(low01, low23),
          _mm512_unpacklo_epi16(high01, high23), _mm512_unpackhi_epi16(high01, high23)};
      for (int r = 0; r < 4; ++r)
        sums[r] = _mm512_dpbusd_epi32(sums[r], quads[r], _mm512_load_si512(w + 64 * r));
    }
    // 16 channels to a register: a transposition of 16-byte pieces.
    const __m512i even01 = _mm512_shuffle_i32x4(sums[0], sums[1], 0x88);
    const __m512i even23 = _mm512_shuffle_i32x4(sums[2], sums[3], 0x88);
    const __m512i odd01 = _mm512_shuffle_i32x4(sums[0], sums[1], 0xdd);
    const __m512i odd23 = _mm512_shuffle_i32x4(sums[2], sums[3], 0xdd);
    alignas(64) int32_t ordered[kChannels];
    _mm512_store_si512(ordered, _mm512_shuffle_i32x4(even01, even23, 0x88));
    _mm512_store_si512(ordered + 16, _mm512_shuffle_i32x4(odd01, odd23, 0x88));
    _mm512_store_si512(ordered + 32, _mm512_shuffle_i32x4(even01, even23, 0xdd));
    _mm512_store_si512(ordered + 48, _mm512_shuffle_i32x4(odd01, odd23, 0xdd));
    finish_avx512(epilogue, ordered, k, k + count, K, target, y);
  }
}

}  // namespace

void depthwise_avx512(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                      void* y) {
  depthwise_convolution(conv, input, epilogue, y, pixel, 4);
}

}  // namespace tri
