// lut convolution for AVX-512: one register holds a block of 64 output channels.
#include "engine/kernels/conv/lut_x86.h"
#include "engine/kernels/epilogue/epilogue_avx512.h"

namespace tri {
namespace {

struct Avx512 : X86 {
  using Register = __m512i;
  static Register load(const int8_t* p) { return _mm512_load_si512(p); }
  static Register words(int even, int odd) { return _mm512_set1_epi32(odd << 16 | even); }
  static Register low_bytes(Register a, Register b) { return _mm512_unpacklo_epi8(a, b); }
  static Register high_bytes(Register a, Register b) { return _mm512_unpackhi_epi8(a, b); }
  static Register low_words(Register a, Register b) { return _mm512_unpacklo_epi16(a, b); }
  static Register high_words(Register a, Register b) { return _mm512_unpackhi_epi16(a, b); }
  static Register add_pairs(Register sum, Register a) {
    return _mm512_add_epi16(sum, _mm512_maddubs_epi16(_mm512_set1_epi8(1), a));
  }
  static Register multiply_add(Register sum, Register a, Register b) {
    return _mm512_dpwssd_epi32(sum, a, b);
  }
  static uint16_t* append(uint16_t* list, const uint8_t* codes, int count, int code, int first) {
    const __m512i places =
        _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                           _mm512_set1_epi32(kUnit));
    for (int c = 0; c < count; c += 16) {
      const __mmask16 mask =
          _mm_cmpeq_epi8_mask(load16(codes + c, count - c), _mm_set1_epi8(int8_t(code)));
      const __m512i found = _mm512_maskz_compress_epi32(
          mask, _mm512_add_epi32(places, _mm512_set1_epi32(first + kUnit * c)));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(list), _mm512_cvtepi32_epi16(found));
      list += __builtin_popcount(mask);
    }
    return list;
  }
  static void shift(const uint16_t* from, int16_t by, uint16_t* to) {
    for (int i = 0; i < kSlack; i += 32)
      _mm512_storeu_si512(to + i,
                          _mm512_add_epi16(_mm512_loadu_si512(from + i), _mm512_set1_epi16(by)));
  }
  static constexpr auto finish = finish_avx512;
};

}  // namespace

void lut_avx512(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  lut_convolution<Avx512>(conv, input, epilogue, y);
}

}  // namespace tri
