#include "engine/kernels/bytemap/map.h"

#include <algorithm>

#include "data/base/check.h"
#include "engine/kernels/dispatch/choose.h"
#include "engine/kernels/dispatch/cpu.h"

namespace tri {
namespace {

bool always() { return true; }

void map_table(const ByteMap& map, const uint8_t* x, size_t n, uint8_t* y) {
  for (size_t i = 0; i < n; ++i) y[i] = map.table[x[i]];
}

}  // namespace

ByteMap byte_map(const TriSegment& f) {
  CHECK(f.t1 <= f.t2);
  ByteMap map = byte_map(f.table());
  map.f = f;
  return map;
}

ByteMap byte_map(const std::array<uint8_t, 256>& table) {
  ByteMap map;
  std::ranges::copy(table, map.table);
  return map;
}

const std::vector<MapVariant>& map_variants() {
  static const std::vector<MapVariant> variants = {
#ifdef __x86_64__
      {"amx", MapKind::table, cpu_has_amx, map_table_avx512},
      {"amx", MapKind::staircase, cpu_has_amx, map_staircase_avx512},
      {"avx512", MapKind::table, cpu_has_avx512_vbmi, map_table_avx512},
      {"avx512", MapKind::staircase, cpu_has_avx512_vbmi, map_staircase_avx512},
      {"avx2", MapKind::table, cpu_has_avx2, map_table_avx2},
      {"avx2", MapKind::staircase, cpu_has_avx2, map_staircase_avx2},
#endif
      {"scalar", MapKind::table, always, map_table},
      {"scalar", MapKind::staircase, always, map_table},
  };
  return variants;
}

const MapVariant& map_variant(MapKind kind, const std::string& isa) {
  return choose_variant(map_variants(), kind, isa);
}

void apply(const TriSegment& f, const uint8_t* x, size_t n, uint8_t* y) {
  static const MapVariant& best = *std::ranges::find_if(map_variants(), [](const MapVariant& v) {
    return v.kind == MapKind::staircase && v.runnable();
  });
  constexpr size_t kAtOnce = 1 << 15;
  const ByteMap map = byte_map(f);
#pragma omp parallel for
  for (size_t first = 0; first < n; first += kAtOnce)
    best.run(map, x + first, std::min(kAtOnce, n - first), y + first);
}

}  // namespace tri
