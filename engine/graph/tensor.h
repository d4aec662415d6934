// Aligned storage. The index order of every activation is NHWC, the channel fastest:
// element (n, h, w, c) stands at ((n * H + h) * W + w) * C + c.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "data/base/shape.h"

namespace tri {

// Memory aligned to 64 bytes. What is at least as large as a huge page lies on such pages where the
// system has them: far fewer entries of the TLB then cover a network's weights. Throws
// std::bad_alloc.
void* allocate_aligned(size_t bytes);
void free_aligned(void* p, size_t bytes);  // what was asked for

// A vector's allocator: 64-byte alignment (one cache line, one AVX-512 register).
template <class T>
struct Aligned {
  using value_type = T;
  Aligned() = default;
  template <class U>
  Aligned(const Aligned<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(allocate_aligned(n * sizeof(T))); }
  void deallocate(T* p, size_t n) { free_aligned(p, n * sizeof(T)); }
  bool operator==(const Aligned&) const { return true; }
};

template <class T>
using Buffer = std::vector<T, Aligned<T>>;

}  // namespace tri
