// Epilogues: what an integer kernel makes of its accumulators, one output pixel at a time. Vector
// variants do whole registers of channels themselves and call finish() for the rest; the results
// are equal bit for bit. Where accumulators come from is left to the kernels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/arithmetic/quant.h"

namespace tri {

// Arrays are [k], one entry an output channel. A = accumulator + bias.
struct Epilogue {
  enum Kind { accumulators, requantize, staircase } kind = accumulators;
  const int32_t* bias = nullptr;  // null: 0
  // requantize: code = tri::requantize(A, {m[k], shift[k]}) -> uint8_t output
  const int32_t* m = nullptr;
  const int32_t* shift = nullptr;
  // staircase: code = (A > t1[k]) + (A > t2[k]), t1 <= t2 -> uint8_t output, 0..2.
  const int32_t* t1 = nullptr;
  const int32_t* t2 = nullptr;
  // accumulators: A itself -> int32_t output.
};

// sums: [k], of channels first..last-1; y: the whole output, of which this is pixel number `pixel`.
// Static, as objects of several ISAs include it.
[[maybe_unused]] static inline void finish(const Epilogue& e, const int32_t* sums, int first,
                                           int last, int K, size_t pixel, void* y) {
  for (int k = first; k < last; ++k) {
    const int32_t a = sums[k - first] + (e.bias ? e.bias[k] : 0);
    const size_t at = pixel * size_t(K) + size_t(k);
    if (e.kind == Epilogue::accumulators)
      static_cast<int32_t*>(y)[at] = a;
    else if (e.kind == Epilogue::requantize)
      static_cast<uint8_t*>(y)[at] = requantize(a, {e.m[k], e.shift[k]});
    else
      static_cast<uint8_t*>(y)[at] = uint8_t((a > e.t1[k]) + (a > e.t2[k]));
  }
}

}  // namespace tri
