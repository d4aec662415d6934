// lut convolution for AVX2: blocks of 64 output channels, or 32.
#include "engine/kernels/conv/lut_x86.h"
#include "engine/kernels/epilogue/epilogue_avx2.h"

namespace tri {
namespace {

// For each 8-bit mask the places of its ones, times kUnit.
struct Places {
  alignas(8) uint8_t of[256][8];
  constexpr Places() : of{} {
    for (int mask = 0; mask < 256; ++mask)
      for (int bit = 0, n = 0; bit < 8; ++bit)
        if (mask >> bit & 1) of[mask][n++] = uint8_t(kUnit * bit);
  }
};
constexpr Places kPlaces;

struct Avx2 : X86 {
  using Register = __m256i;
  // A value that stands in a register: g++ would load a row twice, and make trees of the sums that
  // need more registers than there are.
  static Register keep(Register a) {
    asm("" : "+x"(a));
    return a;
  }
  static Register load(const int8_t* p) {
    return keep(_mm256_load_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Register words(int even, int odd) { return _mm256_set1_epi32(odd << 16 | even); }
  static Register low_bytes(Register a, Register b) { return _mm256_unpacklo_epi8(a, b); }
  static Register high_bytes(Register a, Register b) { return _mm256_unpackhi_epi8(a, b); }
  static Register low_words(Register a, Register b) { return _mm256_unpacklo_epi16(a, b); }
  static Register high_words(Register a, Register b) { return _mm256_unpackhi_epi16(a, b); }
  static Register add_pairs(Register sum, Register a) {
    return keep(_mm256_add_epi16(sum, _mm256_maddubs_epi16(_mm256_set1_epi8(1), a)));
  }
  static Register multiply_add(Register sum, Register a, Register b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  static uint16_t* append(uint16_t* list, const uint8_t* codes, int count, int code, int first) {
    for (int c = 0; c < count; c += 16) {
      int mask = _mm_movemask_epi8(
          _mm_cmpeq_epi8(load16(codes + c, count - c), _mm_set1_epi8(int8_t(code))));
      for (int i = 0; i < 2; ++i, mask >>= 8, first += 8 * kUnit) {
        const auto* of = reinterpret_cast<const __m128i*>(kPlaces.of[mask & 0xff]);
        _mm_storeu_si128(
            reinterpret_cast<__m128i*>(list),
            _mm_add_epi16(_mm_cvtepu8_epi16(_mm_loadl_epi64(of)), _mm_set1_epi16(int16_t(first))));
        list += __builtin_popcount(unsigned(mask & 0xff));
      }
    }
    return list;
  }
  static void shift(const uint16_t* from, int16_t by, uint16_t* to) {
    for (int i = 0; i < kSlack; i += 16)
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(to + i),
          _mm256_add_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i)),
                           _mm256_set1_epi16(by)));
  }
  static constexpr auto finish = finish_avx2;
};

}  // namespace

void lut_avx2(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  lut_convolution<Avx2>(conv, input, epilogue, y);
}

}  // namespace tri
