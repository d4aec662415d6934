#include "engine/graph/tensor.h"

#include <sys/mman.h>

#include <new>

namespace tri {
namespace {

constexpr size_t kHugePage = 2 << 20, kLine = 64;

std::align_val_t alignment_of(size_t bytes) {
  return std::align_val_t(bytes >= kHugePage ? kHugePage : kLine);
}

}  // namespace

void* allocate_aligned(size_t bytes) {
  void* p = ::operator new(bytes, alignment_of(bytes));
#ifdef MADV_HUGEPAGE
  if (bytes >= kHugePage) madvise(p, bytes, MADV_HUGEPAGE);  // a hint: it may fail
#endif
  return p;
}

void free_aligned(void* p, size_t bytes) { ::operator delete(p, alignment_of(bytes)); }

}  // namespace tri
