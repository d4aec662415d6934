// FNV-1a (Fowler, Noll, Vo), of 64 bits: a checksum against accidents, none against malice.
#pragma once

#include <cstdint>
#include <span>

namespace tri {

class Fnv1a {
 public:
  void byte(uint8_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ull; }
  // All bytes of an unsigned integer, the lowest first.
  template <class Unsigned>
  void number(Unsigned value) {
    for (unsigned i = 0; i < sizeof value; ++i) byte(uint8_t(uint64_t(value) >> (8 * i)));
  }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325ull;
};

inline uint64_t fnv1a(std::span<const uint8_t> bytes) {
  Fnv1a sum;
  for (const uint8_t byte : bytes) sum.byte(byte);
  return sum.hash();
}
// Of numbers as they lie in memory.
template <class T>
uint64_t fnv1a(std::span<const T> numbers) {
  return fnv1a(std::span(reinterpret_cast<const uint8_t*>(numbers.data()), numbers.size_bytes()));
}

}  // namespace tri
