// Windows: what lies under a kernel at an output position, and which of its positions are inside
// the map. All is static, as objects of several ISAs include it.
#pragma once

#include <cstddef>

#include "engine/graph/layer.h"

namespace tri {

// Positions [first, last) of a kernel along one axis; none where last <= first.
struct KernelRange {
  int first, last;
  bool operator==(const KernelRange&) const = default;
};

// Those that fall inside a map of `size` at output position o.
[[maybe_unused]] static inline KernelRange kernel_inside(int o, int size, const Layer& l) {
  const int start = o * l.stride - l.pad;
  return {start < 0 ? -start : 0, size - start < l.kernel ? size - start : l.kernel};
}

// The patch of output pixel (oh, ow), [kernel][kernel][C], in runs of neighbors, from its start to
// its end: calls run(at, from, count) for elements `at` .. of the patch that are elements `from` ..
// of the map [in.h][in.w][C], outside(at, count) for those that are outside the map (count may be
// 0).
template <class Run, class Outside>
static inline void for_each_run(const Layer& l, int oh, int ow, Run run, Outside outside) {
  const int C = l.in.c, row = l.kernel * C;
  const KernelRange rows = kernel_inside(oh, l.in.h, l), columns = kernel_inside(ow, l.in.w, l);
  const ptrdiff_t line = ptrdiff_t(l.in.w) * C;
  ptrdiff_t from = (oh * l.stride - l.pad) * line + ptrdiff_t(ow * l.stride - l.pad) * C;
  for (int at = 0, i = 0; i < l.kernel; ++i, at += row, from += line) {
    const bool inside = i >= rows.first && i < rows.last && columns.first < columns.last;
    const int first = inside ? columns.first * C : row, last = inside ? columns.last * C : row;
    outside(at, first);
    if (inside) run(at + first, from + first, last - first);
    outside(at + last, row - last);
  }
}

}  // namespace tri
