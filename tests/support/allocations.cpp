#include "tests/support/allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {
std::atomic<size_t> calls{0};
std::atomic<int> spoiling{-1};  // with this byte; -1: not
std::atomic<size_t> failing_from{SIZE_MAX};
std::atomic<bool> has_failed{false};

#ifndef __SANITIZE_ADDRESS__
void count() {
  if (calls++ < failing_from) return;
  has_failed = true;
  throw std::bad_alloc();
}
#endif
}  // namespace

size_t allocations() { return calls; }

FailAllocations::FailAllocations(size_t from) {
  has_failed = false;
  failing_from = calls + from;
}
FailAllocations::~FailAllocations() { failing_from = SIZE_MAX; }
bool FailAllocations::failed() const { return has_failed; }

SpoilFreedMemory::SpoilFreedMemory(uint8_t byte) { spoiling = byte; }
SpoilFreedMemory::~SpoilFreedMemory() { spoiling = -1; }

#ifndef __SANITIZE_ADDRESS__
void* operator new(size_t size) {
  count();
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(size_t size, std::align_val_t alignment) {
  count();
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
