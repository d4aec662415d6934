// lut convolution for AVX-512: one register holds a block of 64 output channels.
#include "engine/kernels/epilogue_avx512.h"
#include "engine/kernels/lut_events.h"

namespace tri {
namespace {

struct Avx512 {
  using Register = __m512i;
  static Register load(const int8_t* p) { return _mm512_load_si512(p); }
  static Register words(int even, int odd) { return _mm512_set1_epi32(odd << 16 | even); }
  static Register low_bytes(Register a, Register b) { return _mm512_unpacklo_epi8(a, b); }
  static Register high_bytes(Register a, Register b) { return _mm512_unpackhi_epi8(a, b); }
  static Register low_words(Register a, Register b) { return _mm512_unpacklo_epi16(a, b); }
  static Register high_words(Register a, Register b) { return _mm512_unpackhi_epi16(a, b); }
  static Register sum_pairs(Register a) { return _mm512_maddubs_epi16(_mm512_set1_epi8(1), a); }
  static Register add16(Register a, Register b) { return _mm512_add_epi16(a, b); }
  static Register multiply_add(Register sum, Register a, Register b) {
    return _mm512_dpwssd_epi32(sum, a, b);
  }
  static constexpr auto finish = finish_avx512;
};

}  // namespace

void lut_avx512(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  lut_convolution<Avx512>(conv, input, epilogue, y);
}

}  // namespace tri
