// Loops over the accumulators of integer layers: contracts in loops.h.
#pragma once

#include <cstdint>

#include "engine/float/loops/vec.h"

namespace tri {
namespace {

constexpr int kDoubles = kLanes / 2;
typedef double Doubles __attribute__((vector_size(kDoubles * sizeof(double))));
typedef int HalfInts __attribute__((vector_size(kDoubles * sizeof(int))));

inline Doubles doubles(const int32_t* p, Doubles) {
  return __builtin_convertvector(load<HalfInts>(p), Doubles);
}
inline double doubles(const int32_t* p, double) { return *p; }

void integer_moments(size_t rows, int K, int first, int last, const int32_t* a, double* sum,
                     double* squares) {
  constexpr size_t kRows = 16;  // whose sums stay in registers before they go to memory
  for (; rows > 0; a += kRows * size_t(K)) {
    const size_t count = rows < kRows ? rows : kRows;
    const auto add = [&]<class V>(int k) {
      V s1 = load<V>(sum + k), s2 = load<V>(squares + k);
      for (size_t r = 0; r < count; ++r) {
        const V value = doubles(a + r * size_t(K) + k, V{});
        s1 += value;
        s2 += value * value;
      }
      store(sum + k, s1), store(squares + k, s2);
    };
    int k = first;
    for (; k + kDoubles <= last; k += kDoubles) add.template operator()<Doubles>(k);
    for (; k < last; ++k) add.template operator()<double>(k);
    rows -= count;
  }
}

}  // namespace
}  // namespace tri
