// epilogue.h for eight channels in a register.
#pragma once

#include <immintrin.h>

#include "engine/kernels/epilogue/epilogue.h"

namespace tri {
namespace {

inline __m256i load8(const int32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

// (a * m + half) >> shift of one 64-bit product, at most 255.
inline __m256i scale(__m256i a, __m256i m, __m256i shift) {
  const __m256i one = _mm256_set1_epi64x(1), top = _mm256_set1_epi64x(kCodeMax);
  const __m256i half = _mm256_sllv_epi64(one, _mm256_sub_epi64(shift, one));
  const __m256i code = _mm256_srlv_epi64(_mm256_add_epi64(_mm256_mul_epu32(a, m), half), shift);
  return _mm256_blendv_epi8(code, top, _mm256_cmpgt_epi64(code, top));
}

inline __m256i requantize8(__m256i a, __m256i m, __m256i shift) {
  a = _mm256_max_epi32(a, _mm256_setzero_si256());
  // Where the half that rounds is a multiple of 2^32, as is usual, the products' upper halves do.
  const __m256i below = _mm256_sub_epi32(shift, _mm256_set1_epi32(33));
  if (_mm256_movemask_ps(_mm256_castsi256_ps(below)) == 0) {
    const __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(a, m), 32);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(m, 32));
    const __m256i twice = _mm256_srlv_epi32(_mm256_blend_epi32(even, odd, 0xaa), below);
    const __m256i code = _mm256_srli_epi32(_mm256_add_epi32(twice, _mm256_set1_epi32(1)), 1);
    return _mm256_min_epi32(code, _mm256_set1_epi32(kCodeMax));
  }
  const __m256i low = _mm256_set1_epi64x(0xffffffff);
  const __m256i even = scale(a, m, _mm256_and_si256(shift, low));
  const __m256i odd =
      scale(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(m, 32), _mm256_srli_epi64(shift, 32));
  return _mm256_or_si256(even, _mm256_slli_epi64(odd, 32));
}

// Channels k .. k+7, all below K; `at` is the index of the first of them in y.
inline void finish8(const Epilogue& e, __m256i a, int k, size_t at, void* y) {
  if (e.bias) a = _mm256_add_epi32(a, load8(e.bias + k));
  if (e.kind == Epilogue::accumulators) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(static_cast<int32_t*>(y) + at), a);
    return;
  }
  if (e.kind == Epilogue::requantize)
    a = requantize8(a, load8(e.m + k), load8(e.shift + k));
  else  // a comparison that holds is -1
    a = _mm256_sub_epi32(_mm256_setzero_si256(),
                         _mm256_add_epi32(_mm256_cmpgt_epi32(a, load8(e.t1 + k)),
                                          _mm256_cmpgt_epi32(a, load8(e.t2 + k))));
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(static_cast<uint8_t*>(y) + at),
                   _mm_packus_epi16(words, words));
}

// sums: [k], aligned, of channels first .. last-1.
inline void finish_avx2(const Epilogue& e, const int32_t* sums, int first, int last, int K,
                        size_t pixel, void* y) {
  int k = first;
  for (; k + 8 <= last; k += 8)
    finish8(e, load8(sums + (k - first)), k, pixel * size_t(K) + size_t(k), y);
  finish(e, sums + (k - first), k, last, K, pixel, y);
}

}  // namespace
}  // namespace tri
