#include "engine/kernels/bytemap/map.h"

#include <algorithm>

#include "data/base/check.h"
#include "engine/kernels/bytemap/variants.h"
#include "engine/kernels/dispatch/choose.h"
#include "engine/kernels/dispatch/cpu.h"

namespace tri {
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
      {Isa::avx512, MapKind::table, cpu_has_avx512_vbmi, map_table_avx512},
      {Isa::avx512, MapKind::staircase, cpu_has_avx512_vbmi, map_staircase_avx512},
      {Isa::avx2, MapKind::table, cpu_has_avx2, map_table_avx2},
      {Isa::avx2, MapKind::staircase, cpu_has_avx2, map_staircase_avx2},
#endif
      {Isa::scalar, MapKind::table, always, map_table_scalar},
      {Isa::scalar, MapKind::staircase, always, map_table_scalar},
  };
  return variants;
}

const MapVariant& map_variant(MapKind kind, const std::string& isa) {
  return choose(map_variants(), kind, isa_of(isa));
}

void apply(const TriSegment& f, const uint8_t* x, size_t n, uint8_t* y) {
  const MapVariant& best = map_variant(MapKind::staircase);
  constexpr size_t kAtOnce = 1 << 15;
  const ByteMap map = byte_map(f);
#pragma omp parallel for
  for (size_t first = 0; first < n; first += kAtOnce)
    best.run(map, x + first, std::min(kAtOnce, n - first), y + first);
}

}  // namespace tri
