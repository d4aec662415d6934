// Windows: what lies under a kernel at an output position. Kernels of both paths ask here which of
// its positions are inside the map.
#pragma once

#include "engine/graph/layer.h"

namespace tri {

// Positions [first, last) of a kernel along one axis; none where last <= first.
struct KernelRange {
  int first, last;
  bool operator==(const KernelRange&) const = default;
};

// Those that fall inside a map of `size` at output position o. Static, as objects of several ISAs
// include it.
[[maybe_unused]] static inline KernelRange kernel_inside(int o, int size, const Layer& l) {
  const int start = o * l.stride - l.pad;
  return {start < 0 ? -start : 0, size - start < l.kernel ? size - start : l.kernel};
}

}  // namespace tri
