// Registers of floats, as wide as the object that includes this is compiled for. Only for
// engine/float/loops/*.cpp: all that is defined here and in body.h is local to the object, so that
// code of one instruction set cannot become everyone's copy.
#pragma once

#include <cstddef>

namespace tri {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float Vec __attribute__((vector_size(kLanes * sizeof(float))));
typedef int Ints __attribute__((vector_size(kLanes * sizeof(int))));

// The integers of a Vec or of a single float.
template <class V>
struct IntsOf;
template <>
struct IntsOf<Vec> {
  using type = Ints;
};
template <>
struct IntsOf<float> {
  using type = int;
};

// At any address.
template <class V, class T>
inline V load(const T* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class V, class T>
inline void store(T* p, const V& v) {
  __builtin_memcpy(p, &v, sizeof v);
}

inline Vec truncated(Vec x) {
  return __builtin_convertvector(__builtin_convertvector(x, Ints), Vec);
}
inline float truncated(float x) { return float(int(x)); }

// Calls f.operator()<V>(k) for all channels: V = Vec where a whole one is left, else float.
template <class F>
inline void channels(int K, F f) {
  int k = 0;
  for (; k + kLanes <= K; k += kLanes) f.template operator()<Vec>(k);
  for (; k < K; ++k) f.template operator()<float>(k);
}

}  // namespace
}  // namespace tri
