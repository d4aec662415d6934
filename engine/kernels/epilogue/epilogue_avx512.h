// epilogue.h for sixteen channels in a register.
#pragma once

#include "engine/kernels/dispatch/avx512.h"
#include "engine/kernels/epilogue/epilogue.h"

namespace tri {
namespace {

// (a * m + half) >> shift of eight 64-bit products, at most 255.
struct Scale8 {
  __m512i m, shift, half;
  Scale8(__m512i m, __m512i shift) : m(m), shift(shift) {
    const __m512i one = _mm512_set1_epi64(1);
    half = _mm512_sllv_epi64(one, _mm512_sub_epi64(shift, one));
  }
  __m512i operator()(__m512i a) const {
    const __m512i sum = _mm512_add_epi64(_mm512_mul_epu32(a, m), half);
    return _mm512_min_epu64(_mm512_srlv_epi64(sum, shift), _mm512_set1_epi64(kCodeMax));
  }
};

struct Requantize16 {
  Scale8 even, odd;
  Requantize16(__m512i m, __m512i shift)
      : even(m, _mm512_and_si512(shift, _mm512_set1_epi64(0xffffffff))),
        odd(_mm512_srli_epi64(m, 32), _mm512_srli_epi64(shift, 32)) {}
  __m512i operator()(__m512i a) const {
    a = _mm512_max_epi32(a, _mm512_setzero_si512());
    return _mm512_or_si512(even(a), _mm512_slli_epi64(odd(_mm512_srli_epi64(a, 32)), 32));
  }
};

inline __m512i staircase16(__m512i a, __m512i t1, __m512i t2) {
  const __m512i one = _mm512_set1_epi32(1);
  const __mmask16 above1 = _mm512_cmpgt_epi32_mask(a, t1), above2 = _mm512_cmpgt_epi32_mask(a, t2);
  const __m512i code = _mm512_maskz_mov_epi32(above1, one);
  return _mm512_mask_add_epi32(code, above2, code, one);
}

// The lowest byte of each of sixteen numbers, where the mask has a one. Not stored by vpmovdb
// itself, which is slow (Zen 4) where it writes to memory.
inline void store16(uint8_t* to, __mmask16 mask, __m512i codes) {
  const __m128i bytes = _mm512_cvtepi32_epi8(codes);
  if (mask == 0xffff)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  else
    _mm_mask_storeu_epi8(to, mask, bytes);
}

// Staircases of 64 channels from k on, stored at once.
inline void staircase64(const Epilogue& e, const int32_t* sums, int k, uint8_t* y) {
  const auto code = [&](int i) {
    __m512i a = _mm512_loadu_si512(sums + 16 * i);
    if (e.bias) a = _mm512_add_epi32(a, _mm512_loadu_si512(e.bias + k + 16 * i));
    return staircase16(a, _mm512_loadu_si512(e.t1 + k + 16 * i),
                       _mm512_loadu_si512(e.t2 + k + 16 * i));
  };
  const __m512i mixed = _mm512_packus_epi16(_mm512_packs_epi32(code(0), code(1)),
                                            _mm512_packs_epi32(code(2), code(3)));
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  _mm512_storeu_si512(y, _mm512_permutexvar_epi32(order, mixed));
}

// sums: [k], of channels first .. last-1, in whole registers.
inline void finish_avx512(const Epilogue& e, const int32_t* sums, int first, int last, int K,
                          size_t pixel, void* y) {
  int k = first;
  if (e.kind == Epilogue::staircase)
    for (; k + 64 <= last; k += 64)
      staircase64(e, sums + (k - first), k,
                  static_cast<uint8_t*>(y) + pixel * size_t(K) + size_t(k));
  for (; k < last; k += 16) {
    const auto mask = __mmask16(last - k >= 16 ? 0xffff : (1 << (last - k)) - 1);
    const auto load = [=](const int32_t* p) { return _mm512_maskz_loadu_epi32(mask, p + k); };
    const size_t at = pixel * size_t(K) + size_t(k);
    __m512i a = _mm512_loadu_si512(sums + (k - first));
    if (e.bias) a = _mm512_add_epi32(a, load(e.bias));
    if (e.kind == Epilogue::accumulators) {
      _mm512_mask_storeu_epi32(static_cast<int32_t*>(y) + at, mask, a);
      continue;
    }
    a = e.kind == Epilogue::requantize ? Requantize16(load(e.m), load(e.shift))(a)
                                       : staircase16(a, load(e.t1), load(e.t2));
    store16(static_cast<uint8_t*>(y) + at, mask, a);
  }
}

// finish_avx512 for several pixels, [pixels][row] sums; target(p): the number of the p-th in y.
template <class Target>
void finish_pixels_avx512(const Epilogue& e, const int32_t* sums, int row, int pixels, int first,
                          int last, int K, Target target, void* y) {
  for (int k = first; k < last; k += 16) {
    const auto mask = __mmask16(last - k >= 16 ? 0xffff : (1 << (last - k)) - 1);
    const auto load = [=](const int32_t* p) { return _mm512_maskz_loadu_epi32(mask, p + k); };
    const __m512i bias = e.bias ? load(e.bias) : _mm512_setzero_si512();
    const auto sum = [=](int p) {
      return _mm512_add_epi32(_mm512_loadu_si512(sums + p * row + (k - first)), bias);
    };
    const auto at = [=](int p) { return target(p) * size_t(K) + size_t(k); };
    const auto store = [=](auto code) {
      for (int p = 0; p < pixels; ++p)
        store16(static_cast<uint8_t*>(y) + at(p), mask, code(sum(p)));
    };
    if (e.kind == Epilogue::accumulators) {
      for (int p = 0; p < pixels; ++p)
        _mm512_mask_storeu_epi32(static_cast<int32_t*>(y) + at(p), mask, sum(p));
    } else if (e.kind == Epilogue::requantize) {
      store(Requantize16(load(e.m), load(e.shift)));
    } else {
      const __m512i t1 = load(e.t1), t2 = load(e.t2);
      store([=](__m512i a) { return staircase16(a, t1, t2); });
    }
  }
}

}  // namespace
}  // namespace tri
