// Aligned storage. The index order of every activation is NHWC, the channel fastest:
// element (n, h, w, c) stands at ((n * H + h) * W + w) * C + c.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "data/base/shape.h"

namespace tri {

// A vector's allocator: 64-byte alignment (one cache line, one AVX-512 register).
template <class T>
struct Aligned {
  using value_type = T;
  Aligned() = default;
  template <class U>
  Aligned(const Aligned<U>&) {}
  T* allocate(size_t n) {
    return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(64)));
  }
  void deallocate(T* p, size_t) { ::operator delete(p, std::align_val_t(64)); }
  bool operator==(const Aligned&) const { return true; }
};

template <class T>
using Buffer = std::vector<T, Aligned<T>>;

}  // namespace tri
