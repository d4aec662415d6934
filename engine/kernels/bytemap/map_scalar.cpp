// The reference: maps of bytes as the contract states them.
#include "engine/kernels/bytemap/variants.h"

namespace tri {

void map_table_scalar(const ByteMap& map, const uint8_t* x, size_t n, uint8_t* y) {
  for (size_t i = 0; i < n; ++i) y[i] = map.table[x[i]];
}

}  // namespace tri
