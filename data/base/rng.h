// The one source of random numbers: a 64-bit state, the same sequence on every machine.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>

namespace tri {

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). The state is one number, so a checkpoint holds it.
struct Rng {
  uint64_t state;

  explicit Rng(uint64_t seed, uint64_t stream = 0)
      : state(seed ^ (stream * 0xd1342543de82ef95ull)) {
    next();
    next();
  }

  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // In [0, 1).
  double uniform() { return double(next() >> 11) * 0x1p-53; }
  // In 0..n-1; n >= 1.
  int below(int n) { return int((unsigned __int128)next() * unsigned(n) >> 64); }
  // Standard normal, by Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  template <class Items>
  void shuffle(Items& items) {
    for (int i = int(items.size()) - 1; i > 0; --i) std::swap(items[i], items[below(i + 1)]);
  }
};

}  // namespace tri
