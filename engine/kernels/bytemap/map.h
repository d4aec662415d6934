// Maps of bytes, element by element: the contract of every variant, and their list.
//
//   y[i] = f(x[i]), i < n
//
// Two kinds differ in what f may be:
//   table      any function: 256 entries.
//   staircase  two comparisons with t1 <= t2 choose between 0, v1 and v2. Decoding a student's
//              codes 0, 1, 2 to values is the staircase t1 = 0, t2 = 1.
// x and y are of any size and alignment, and either the same or apart; nothing outside of them is
// touched. Outputs too large for the cache are written past it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/arithmetic/trisegment.h"
#include "engine/kernels/dispatch/isa.h"

namespace tri {

enum class MapKind : uint8_t { table, staircase };

// f, as variants read it: a table needs the first, a staircase has both and may be read from
// either.
struct ByteMap {
  alignas(64) uint8_t table[256];
  TriSegment f;  // ordered
};
ByteMap byte_map(const TriSegment& f);  // both
ByteMap byte_map(const std::array<uint8_t, 256>& table);

struct MapVariant {
  Isa isa;
  MapKind kind;
  bool (*runnable)();  // does this CPU have what it needs?
  void (*run)(const ByteMap& map, const uint8_t* x, size_t n, uint8_t* y);
};

// Every variant compiled in, best first.
const std::vector<MapVariant>& map_variants();

// The best of a kind that runs here, for the ISA that is named, or chosen_isa(). Throws as
// isa_of().
const MapVariant& map_variant(MapKind kind, const std::string& isa = "");

// y [n] = f(x), by all threads.
void apply(const TriSegment& f, const uint8_t* x, size_t n, uint8_t* y);

constexpr size_t kMapStream = size_t(8) << 20;  // bytes from which on y bypasses the cache

}  // namespace tri
