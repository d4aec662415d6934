// Memory that is kept from call to call: clearing fresh pages costs more than many a loop that
// fills them.
#pragma once

#include "engine/graph/tensor.h"

namespace tri {

// At least `n` elements of the calling thread, its own for each Tag; the next call with the same
// Tag may overwrite or move them.
template <class Tag, class T = float>
T* scratch(size_t n) {
  static thread_local Buffer<T> buffer;
  if (buffer.size() < n) buffer = Buffer<T>(n);
  return buffer.data();
}

}  // namespace tri
