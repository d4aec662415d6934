// Maps of bytes for AVX2.
#include <immintrin.h>

#include <cstring>

#include "engine/kernels/bytemap/variants.h"

namespace tri {
namespace {

constexpr size_t kBytes = 32;

// y[i] = of(x[i]) for all n bytes, `of` mapping a register; the last ones go through a copy.
template <class Of>
inline void for_all(const uint8_t* x, size_t n, uint8_t* y, Of of) {
  const auto load = [](const uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  };
  const auto part = [&](size_t count) {
    alignas(kBytes) uint8_t copy[kBytes] = {};
    std::memcpy(copy, x, count);
    _mm256_store_si256(reinterpret_cast<__m256i*>(copy), of(load(copy)));
    std::memcpy(y, copy, count);
    x += count, y += count, n -= count;
  };
  if (n >= kMapStream && x != y) {
    part(-reinterpret_cast<uintptr_t>(y) % kBytes);
    for (; n >= 4 * kBytes; x += 4 * kBytes, y += 4 * kBytes, n -= 4 * kBytes)
      for (size_t i = 0; i < 4 * kBytes; i += kBytes)
        _mm256_stream_si256(reinterpret_cast<__m256i*>(y + i), of(load(x + i)));
    _mm_sfence();
  }
  for (; n >= 4 * kBytes; x += 4 * kBytes, y += 4 * kBytes, n -= 4 * kBytes)
    for (size_t i = 0; i < 4 * kBytes; i += kBytes)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + i), of(load(x + i)));
  while (n > 0) part(n < kBytes ? n : kBytes);
}

// x > t, in the top bit of every byte: x + (127 - t) where t is low, x - (t - 127) where it is not.
template <bool Low>
inline __m256i above(__m256i x, __m256i distance) {
  return Low ? _mm256_adds_epu8(x, distance) : _mm256_subs_epu8(x, distance);
}

template <bool Low1, bool Low2>
void staircase(const TriSegment& f, const uint8_t* x, size_t n, uint8_t* y) {
  const __m256i v1 = _mm256_set1_epi8(char(f.v1)), v2 = _mm256_set1_epi8(char(f.v2));
  const __m256i d1 = _mm256_set1_epi8(char(Low1 ? 127 - f.t1 : f.t1 - 127));
  const __m256i d2 = _mm256_set1_epi8(char(Low2 ? 127 - f.t2 : f.t2 - 127));
  const __m256i zero = _mm256_setzero_si256();
  for_all(x, n, y, [=](__m256i codes) {
    const __m256i low = _mm256_blendv_epi8(zero, v1, above<Low1>(codes, d1));
    return _mm256_blendv_epi8(low, v2, above<Low2>(codes, d2));
  });
}

}  // namespace

void map_staircase_avx2(const ByteMap& map, const uint8_t* x, size_t n, uint8_t* y) {
  const TriSegment& f = map.f;
  const auto run = f.t1 > 127   ? staircase<false, false>
                   : f.t2 > 127 ? staircase<true, false>
                                : staircase<true, true>;
  run(f, x, n, y);
}

// Sixteen tiles of 16 entries. vpshufb looks up the low four bits of an index, and gives 0 where
// its top bit is set. Stepping an index down by 16 a tile, tile j answers all indices from 16 j on
// (up to 127 more), so it holds what must be changed (by xor) in the answer of tile j - 1. Each
// half of the table has its chain, right for its half of the bytes alone, and the top bit chooses.
void map_table_avx2(const ByteMap& map, const uint8_t* x, size_t n, uint8_t* y) {
  __m256i tiles[16];
  for (int j = 0; j < 16; ++j) {
    __m128i tile = _mm_load_si128(reinterpret_cast<const __m128i*>(map.table + 16 * j));
    if (j % 8)
      tile = _mm_xor_si128(
          tile, _mm_load_si128(reinterpret_cast<const __m128i*>(map.table + 16 * (j - 1))));
    tiles[j] = _mm256_broadcastsi128_si256(tile);
  }
  const __m256i step = _mm256_set1_epi8(16), top = _mm256_set1_epi8(char(128));
  for_all(x, n, y, [&](__m256i codes) {
    __m256i low = codes, high = _mm256_xor_si256(codes, top);
    __m256i from_low = _mm256_shuffle_epi8(tiles[0], low);
    __m256i from_high = _mm256_shuffle_epi8(tiles[8], high);
    for (int j = 1; j < 8; ++j) {
      low = _mm256_sub_epi8(low, step), high = _mm256_sub_epi8(high, step);
      from_low = _mm256_xor_si256(from_low, _mm256_shuffle_epi8(tiles[j], low));
      from_high = _mm256_xor_si256(from_high, _mm256_shuffle_epi8(tiles[8 + j], high));
    }
    return _mm256_blendv_epi8(from_low, from_high, codes);
  });
}

}  // namespace tri
