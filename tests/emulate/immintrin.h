// AVX-512 intrinsics in plain C by SIMDE, and AMX's, in place of the compiler's: what
// `make EMULATE=1` finds when a kernel includes <immintrin.h>. A CPU without them can then test
// those kernels, slowly.
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
static inline void tri_mask_storeu_epi8(void* p, __mmask16 mask, __m128i a) {
  uint8_t from[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(from), a);
  for (int i = 0; i < 16; ++i)
    if (mask >> i & 1) static_cast<uint8_t*>(p)[i] = from[i];
}
static inline void tri_mask_storeu_epi8(void* p, __mmask64 mask, __m512i a) {
  uint8_t from[64];
  _mm512_storeu_si512(from, a);
  for (int i = 0; i < 64; ++i)
    if (mask >> i & 1) static_cast<uint8_t*>(p)[i] = from[i];
}
template <class T>
static inline void tri_narrow(__m512i a, T (&to)[16]) {
  int32_t from[16];
  _mm512_storeu_si512(from, a);
  for (int i = 0; i < 16; ++i) to[i] = T(from[i]);
}
static inline __m256i tri_cvtepi32_epi16(__m512i a) {
  int16_t to[16];
  tri_narrow(a, to);
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(to));
}
static inline __m128i tri_cvtepi32_epi8(__m512i a) {
  uint8_t to[16];
  tri_narrow(a, to);
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(to));
}
static inline __m512i tri_cvtepu8_epi32(__m128i a) {
  uint8_t from[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(from), a);
  int32_t to[16];
  for (int i = 0; i < 16; ++i) to[i] = from[i];
  return _mm512_loadu_si512(to);
}
static inline __mmask16 tri_cmpeq_epi8_mask(__m128i a, __m128i b) {
  return __mmask16(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)));
}
static inline __m512 tri_maskz_loadu_ps(__mmask16 mask, const void* p) {
  float to[16] = {};
  for (int i = 0; i < 16; ++i)
    if (mask >> i & 1) to[i] = static_cast<const float*>(p)[i];
  return _mm512_loadu_ps(to);
}
static inline void tri_mask_storeu_ps(void* p, __mmask16 mask, __m512 a) {
  float from[16];
  _mm512_storeu_ps(from, a);
  for (int i = 0; i < 16; ++i)
    if (mask >> i & 1) static_cast<float*>(p)[i] = from[i];
}
static inline __m512i tri_cvtne2ps_pbh(__m512 high, __m512 low) {
  uint32_t from[32];
  _mm512_storeu_ps(reinterpret_cast<float*>(from), low);
  _mm512_storeu_ps(reinterpret_cast<float*>(from + 16), high);
  uint16_t to[32];
  for (int i = 0; i < 32; ++i) to[i] = uint16_t((from[i] + 0x7fff + (from[i] >> 16 & 1)) >> 16);
  return _mm512_loadu_si512(to);
}
static inline __m512 tri_dpbf16_ps(__m512 sums, __m512i a, __m512i b) {
  float sum[16];
  uint32_t x[16], y[16];
  _mm512_storeu_ps(sum, sums);
  _mm512_storeu_si512(x, a), _mm512_storeu_si512(y, b);
  const auto value = [](uint32_t bits) {
    float f;
    __builtin_memcpy(&f, &bits, 4);
    return f;
  };
  for (int i = 0; i < 16; ++i)
    sum[i] += value(x[i] << 16) * value(y[i] << 16) +
              value(x[i] & 0xffff0000u) * value(y[i] & 0xffff0000u);
  return _mm512_loadu_ps(sum);
}
#define __m512bh __m512i
#undef _mm512_cvtne2ps_pbh
#undef _mm512_dpbf16_ps
#define _mm512_maskz_loadu_ps tri_maskz_loadu_ps
#define _mm512_mask_storeu_ps tri_mask_storeu_ps
#define _mm512_cvtne2ps_pbh tri_cvtne2ps_pbh
#define _mm512_dpbf16_ps tri_dpbf16_ps
#undef _mm512_madd_epi16  // SIMDE 0.7.4 gives it the arguments of the masked one
#define _mm512_madd_epi16 simde_mm512_madd_epi16
#define _mm512_cvtepu8_epi32 tri_cvtepu8_epi32
#define _mm512_cvtepi32_epi8 tri_cvtepi32_epi8
#define _mm512_cvtepi32_epi16 tri_cvtepi32_epi16
#define _mm_cmpeq_epi8_mask tri_cmpeq_epi8_mask
#define _mm512_maskz_loadu_epi32 tri_maskz_loadu_epi32
#define _mm512_maskz_loadu_epi8 tri_maskz_loadu_epi8
#define _mm512_mask_storeu_epi32 tri_mask_storeu_epi32
#define _mm_mask_storeu_epi8 tri_mask_storeu_epi8
#define _mm512_mask_storeu_epi8 tri_mask_storeu_epi8
#define _mm512_stream_si512(p, a) _mm512_store_si512(p, a)

// AMX with tiles of 16 rows of 64 bytes, the only ones that are used.
struct tri_tile {
  int8_t bytes[16][64];
};
static thread_local tri_tile tri_tiles[8];
static inline void tri_tile_loadd(int to, const void* base, ptrdiff_t stride) {
  for (int row = 0; row < 16; ++row)
    __builtin_memcpy(tri_tiles[to].bytes[row], static_cast<const int8_t*>(base) + row * stride, 64);
}
static inline void tri_tile_stored(int from, void* base, ptrdiff_t stride) {
  for (int row = 0; row < 16; ++row)
    __builtin_memcpy(static_cast<int8_t*>(base) + row * stride, tri_tiles[from].bytes[row], 64);
}
static inline void tri_tile_dpbusd(int to, int a, int b) {
  for (int m = 0; m < 16; ++m)
    for (int n = 0; n < 16; ++n) {
      int32_t sum;
      __builtin_memcpy(&sum, tri_tiles[to].bytes[m] + 4 * n, 4);
      for (int i = 0; i < 64; ++i)
        sum += uint8_t(tri_tiles[a].bytes[m][i]) * tri_tiles[b].bytes[i / 4][4 * n + i % 4];
      __builtin_memcpy(tri_tiles[to].bytes[m] + 4 * n, &sum, 4);
    }
}
static inline void tri_tile_dpbf16ps(int to, int a, int b) {
  const auto value = [](uint32_t bits) {
    float f;
    __builtin_memcpy(&f, &bits, 4);
    return f;
  };
  for (int m = 0; m < 16; ++m)
    for (int n = 0; n < 16; ++n) {
      float sum;
      __builtin_memcpy(&sum, tri_tiles[to].bytes[m] + 4 * n, 4);
      for (int p = 0; p < 16; ++p) {
        uint32_t x, y;
        __builtin_memcpy(&x, tri_tiles[a].bytes[m] + 4 * p, 4);
        __builtin_memcpy(&y, tri_tiles[b].bytes[p] + 4 * n, 4);
        sum += value(x << 16) * value(y << 16);
        sum += value(x & 0xffff0000u) * value(y & 0xffff0000u);
      }
      __builtin_memcpy(tri_tiles[to].bytes[m] + 4 * n, &sum, 4);
    }
}
#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbusd
#undef _tile_dpbf16ps
#define _tile_loadconfig(config) ((void)(config))
#define _tile_release() ((void)0)
#define _tile_zero(tile) (tri_tiles[tile] = tri_tile())
#define _tile_loadd tri_tile_loadd
#define _tile_stored tri_tile_stored
#define _tile_dpbusd tri_tile_dpbusd
#define _tile_dpbf16ps tri_tile_dpbf16ps
