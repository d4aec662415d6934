#include "tests/support/allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {
std::atomic<size_t> calls{0};
std::atomic<int> spoiling{-1};  // with this byte; -1: not
}  // namespace

size_t allocations() { return calls; }

SpoilFreedMemory::SpoilFreedMemory(uint8_t byte) { spoiling = byte; }
SpoilFreedMemory::~SpoilFreedMemory() { spoiling = -1; }

#ifndef __SANITIZE_ADDRESS__
void* operator new(size_t size) {
  ++calls;
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(size_t size, std::align_val_t alignment) {
  ++calls;
  const size_t unit = size_t(alignment), whole = (size + unit - 1) / unit * unit;
  if (void* p = std::aligned_alloc(unit, whole ? whole : unit)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  const int byte = spoiling;
  if (p && byte >= 0) {
    // Through a volatile pointer, or the compiler leaves out what nobody may read.
    void* (*volatile fill)(void*, int, size_t) = std::memset;
    fill(p, byte, malloc_usable_size(p));
  }
  std::free(p);
}
void operator delete(void* p, size_t) noexcept { operator delete(p); }
void operator delete(void* p, std::align_val_t) noexcept { operator delete(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { operator delete(p); }
#endif
