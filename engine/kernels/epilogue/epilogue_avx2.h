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

struct Requantize8 {
  __m256i m, shift, below;
  bool usual;  // the half that rounds is a multiple of 2^32: the products' upper halves do
  Requantize8(__m256i m, __m256i shift)
      : m(m), shift(shift), below(_mm256_sub_epi32(shift, _mm256_set1_epi32(33))) {
    usual = _mm256_movemask_ps(_mm256_castsi256_ps(below)) == 0;
  }
  __m256i operator()(__m256i a) const {
    a = _mm256_max_epi32(a, _mm256_setzero_si256());
    const __m256i odd_a = _mm256_srli_epi64(a, 32), odd_m = _mm256_srli_epi64(m, 32);
    if (usual) {
      const __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(a, m), 32);
      const __m256i odd = _mm256_mul_epu32(odd_a, odd_m);
      const __m256i twice = _mm256_srlv_epi32(_mm256_blend_epi32(even, odd, 0xaa), below);
      const __m256i code = _mm256_srli_epi32(_mm256_add_epi32(twice, _mm256_set1_epi32(1)), 1);
      return _mm256_min_epi32(code, _mm256_set1_epi32(kCodeMax));
    }
    const __m256i even = scale(a, m, _mm256_and_si256(shift, _mm256_set1_epi64x(0xffffffff)));
    const __m256i odd = scale(odd_a, odd_m, _mm256_srli_epi64(shift, 32));
    return _mm256_or_si256(even, _mm256_slli_epi64(odd, 32));
  }
};

inline __m256i staircase8(__m256i a, __m256i t1, __m256i t2) {  // a comparison that holds is -1
  return _mm256_sub_epi32(_mm256_setzero_si256(),
                          _mm256_add_epi32(_mm256_cmpgt_epi32(a, t1), _mm256_cmpgt_epi32(a, t2)));
}

// Eight bytes.
inline void store8(uint8_t* to, __m256i codes) {
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(codes), _mm256_extracti128_si256(codes, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
}

// Channels k .. k+7, all below K, of some pixels: sum(p) are the p-th one's, at(p) the index of the
// first of its channels in y.
template <class Sum, class At>
inline void finish8(const Epilogue& e, int pixels, Sum sum, int k, At at, void* y) {
  const __m256i bias = e.bias ? load8(e.bias + k) : _mm256_setzero_si256();
  const auto store = [=](auto code) {
    for (int p = 0; p < pixels; ++p)
      store8(static_cast<uint8_t*>(y) + at(p), code(_mm256_add_epi32(sum(p), bias)));
  };
  if (e.kind == Epilogue::accumulators) {
    for (int p = 0; p < pixels; ++p)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(static_cast<int32_t*>(y) + at(p)),
                          _mm256_add_epi32(sum(p), bias));
  } else if (e.kind == Epilogue::requantize) {
    store(Requantize8(load8(e.m + k), load8(e.shift + k)));
  } else {
    const __m256i t1 = load8(e.t1 + k), t2 = load8(e.t2 + k);
    store([=](__m256i a) { return staircase8(a, t1, t2); });
  }
}

// sums: [pixels][row], of channels first .. last-1; target(p): the number of the p-th in y.
template <class Target>
inline void finish_pixels_avx2(const Epilogue& e, const int32_t* sums, int row, int pixels,
                               int first, int last, int K, Target target, void* y) {
  int k = first;
  for (; k + 8 <= last; k += 8)
    finish8(
        e, pixels, [=](int p) { return load8(sums + p * row + (k - first)); }, k,
        [=](int p) { return target(p) * size_t(K) + size_t(k); }, y);
  for (int p = 0; p < pixels; ++p)
    finish(e, sums + p * row + (k - first), k, last, K, target(p), y);
}

// sums: [k], of channels first .. last-1.
inline void finish_avx2(const Epilogue& e, const int32_t* sums, int first, int last, int K,
                        size_t pixel, void* y) {
  finish_pixels_avx2(
      e, sums, 0, 1, first, last, K, [=](int) { return pixel; }, y);
}

}  // namespace
}  // namespace tri
