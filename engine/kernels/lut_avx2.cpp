// lut convolution for AVX2: blocks of 64 output channels, or 32.
#include "engine/kernels/epilogue_avx2.h"
#include "engine/kernels/lut_events.h"

namespace tri {
namespace {

struct Avx2 {
  using Register = __m256i;
  static Register load(const int8_t* p) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  }
  static Register words(int even, int odd) { return _mm256_set1_epi32(odd << 16 | even); }
  static Register low_bytes(Register a, Register b) { return _mm256_unpacklo_epi8(a, b); }
  static Register high_bytes(Register a, Register b) { return _mm256_unpackhi_epi8(a, b); }
  static Register low_words(Register a, Register b) { return _mm256_unpacklo_epi16(a, b); }
  static Register high_words(Register a, Register b) { return _mm256_unpackhi_epi16(a, b); }
  static Register sum_pairs(Register a) { return _mm256_maddubs_epi16(_mm256_set1_epi8(1), a); }
  static Register add16(Register a, Register b) { return _mm256_add_epi16(a, b); }
  static Register multiply_add(Register sum, Register a, Register b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  static constexpr auto finish = finish_avx2;
};

}  // namespace

void lut_avx2(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  lut_convolution<Avx2>(conv, input, epilogue, y);
}

}  // namespace tri
