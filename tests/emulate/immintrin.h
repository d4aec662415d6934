// AVX-512 intrinsics in plain C by SIMDE, in place of the compiler's: what `make EMULATE=1` finds
// when a kernel includes <immintrin.h>. A CPU without AVX-512 can then test those kernels, slowly.
#pragma once

#include_next <immintrin.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

// What SIMDE 0.7.4 lacks.
static inline __m512i tri_maskz_loadu_epi32(__mmask16 mask, const void* p) {
  int32_t to[16] = {};
  for (int i = 0; i < 16; ++i)
    if (mask >> i & 1) to[i] = static_cast<const int32_t*>(p)[i];
  return _mm512_loadu_si512(to);
}
static inline __m512i tri_maskz_loadu_epi8(__mmask64 mask, const void* p) {
  uint8_t to[64] = {};
  for (int i = 0; i < 64; ++i)
    if (mask >> i & 1) to[i] = static_cast<const uint8_t*>(p)[i];
  return _mm512_loadu_si512(to);
}
static inline void tri_mask_storeu_epi32(void* p, __mmask16 mask, __m512i a) {
  int32_t from[16];
  _mm512_storeu_si512(from, a);
  for (int i = 0; i < 16; ++i)
    if (mask >> i & 1) static_cast<int32_t*>(p)[i] = from[i];
}
static inline void tri_mask_cvtepi32_storeu_epi8(void* p, __mmask16 mask, __m512i a) {
  int32_t from[16];
  _mm512_storeu_si512(from, a);
  for (int i = 0; i < 16; ++i)
    if (mask >> i & 1) static_cast<uint8_t*>(p)[i] = uint8_t(from[i]);
}
static inline __m256i tri_cvtepi32_epi16(__m512i a) {
  int32_t from[16];
  int16_t to[16];
  _mm512_storeu_si512(from, a);
  for (int i = 0; i < 16; ++i) to[i] = int16_t(from[i]);
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(to));
}
static inline __mmask16 tri_cmpeq_epi8_mask(__m128i a, __m128i b) {
  return __mmask16(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)));
}
#define _mm512_cvtepi32_epi16 tri_cvtepi32_epi16
#define _mm_cmpeq_epi8_mask tri_cmpeq_epi8_mask
#define _mm512_maskz_loadu_epi32 tri_maskz_loadu_epi32
#define _mm512_maskz_loadu_epi8 tri_maskz_loadu_epi8
#define _mm512_mask_storeu_epi32 tri_mask_storeu_epi32
#define _mm512_mask_cvtepi32_storeu_epi8 tri_mask_cvtepi32_storeu_epi8
#define _mm512_stream_si512(p, a) _mm512_store_si512(p, a)
