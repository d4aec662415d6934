// Maps of bytes for AVX-512 with VBMI (Ice Lake, Zen 4 and later).
#include <immintrin.h>

#include <cstring>

#include "engine/kernels/bytemap/variants.h"

namespace tri {
namespace {

constexpr size_t kBytes = 64;

// y[i] = of(x[i]) for all n bytes, `of` mapping a register; the last ones go through a copy.
template <class Of>
inline void for_all(const uint8_t* x, size_t n, uint8_t* y, Of of) {
  const auto part = [&](size_t count) {
    alignas(kBytes) uint8_t copy[kBytes] = {};
    std::memcpy(copy, x, count);
    _mm512_store_si512(copy, of(_mm512_load_si512(copy)));
    std::memcpy(y, copy, count);
    x += count, y += count, n -= count;
  };
  if (n >= kMapStream && x != y) {
    part(-reinterpret_cast<uintptr_t>(y) % kBytes);
    for (; n >= kBytes; x += kBytes, y += kBytes, n -= kBytes)
      _mm512_stream_si512(reinterpret_cast<__m512i*>(y), of(_mm512_loadu_si512(x)));
    _mm_sfence();
  }
  for (; n >= 2 * kBytes; x += 2 * kBytes, y += 2 * kBytes, n -= 2 * kBytes)
    for (size_t i = 0; i < 2 * kBytes; i += kBytes)
      _mm512_storeu_si512(y + i, of(_mm512_loadu_si512(x + i)));
  while (n > 0) part(n < kBytes ? n : kBytes);
}

}  // namespace

void map_staircase_avx512(const ByteMap& map, const uint8_t* x, size_t n, uint8_t* y) {
  const __m512i t1 = _mm512_set1_epi8(char(map.f.t1)), t2 = _mm512_set1_epi8(char(map.f.t2));
  const __m512i v1 = _mm512_set1_epi8(char(map.f.v1)), v2 = _mm512_set1_epi8(char(map.f.v2));
  for_all(x, n, y, [=](__m512i codes) {
    const __m512i low = _mm512_maskz_mov_epi8(_mm512_cmpgt_epu8_mask(codes, t1), v1);
    return _mm512_mask_mov_epi8(low, _mm512_cmpgt_epu8_mask(codes, t2), v2);
  });
}

// vpermi2b looks up seven bits in two registers; the eighth chooses between two such lookups.
void map_table_avx512(const ByteMap& map, const uint8_t* x, size_t n, uint8_t* y) {
  __m512i t[4];
  for (int j = 0; j < 4; ++j) t[j] = _mm512_loadu_si512(map.table + 64 * j);
  for_all(x, n, y, [&](__m512i codes) {
    const __m512i low = _mm512_permutex2var_epi8(t[0], codes, t[1]);
    const __m512i high = _mm512_permutex2var_epi8(t[2], codes, t[3]);
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(codes), high);
  });
}

}  // namespace tri
