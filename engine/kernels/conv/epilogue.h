// The three things an integer convolution may do with its accumulators, one output pixel at a time.
// Vector variants do whole registers of channels themselves and call this for the rest; the results
// are equal bit for bit. Static, as objects of several ISAs include it.
#pragma once

#include <cstdint>

#include "engine/kernels/conv/int_conv.h"

namespace tri {

// sums: [k], of channels first..last-1; y: the whole output, of which this is pixel number `pixel`.
[[maybe_unused]] static inline void finish(const Epilogue& e, const int32_t* sums, int first,
                                           int last, int K, size_t pixel, void* y) {
  for (int k = first; k < last; ++k) {
    const int32_t a = sums[k - first] + (e.bias ? e.bias[k] : 0);
    const size_t at = pixel * size_t(K) + size_t(k);
    if (e.kind == Epilogue::accumulators)
      static_cast<int32_t*>(y)[at] = a;
    else if (e.kind == Epilogue::requantise)
      static_cast<uint8_t*>(y)[at] = requantise(a, {e.m[k], e.shift[k]});
    else
      static_cast<uint8_t*>(y)[at] = uint8_t((a > e.t1[k]) + (a > e.t2[k]));
  }
}

}  // namespace tri
