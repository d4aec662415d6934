// What the lut kernel's bodies for x86 share.
#pragma once

#include <immintrin.h>

#include <cstring>

#include "engine/kernels/conv/lut_events.h"

namespace tri {
namespace {

// Sixteen codes of which `count` exist; the others are 0.
inline __m128i load16(const uint8_t* codes, int count) {
  uint8_t some[16] = {};
  if (count < 16) codes = static_cast<uint8_t*>(std::memcpy(some, codes, size_t(count)));
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
}

struct X86 {
  // In one instruction each.
  template <int I>
  static uint64_t entry(uint64_t four) {
    return I == 0 ? uint16_t(four) : I == 3 ? four >> 48 : _bextr_u64(four, 16 * I, 16);
  }
  static void pad(uint16_t* to, uint16_t row) {
    static_assert(kStep * sizeof *to == sizeof(__m128i));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_set1_epi16(int16_t(row)));
  }
};

}  // namespace
}  // namespace tri
