// Bytes between two pages that must not be touched; they end where the second page starts.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "tests/support/test.h"

class Fenced {
 public:
  explicit Fenced(size_t size) : page_(size_t(sysconf(_SC_PAGESIZE))), size_(size) {
    pages_ = (size + page_ - 1) / page_ * page_;
    void* memory = mmap(nullptr, pages_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    start_ = static_cast<uint8_t*>(memory);
    REQUIRE(mprotect(start_ + page_, pages_, PROT_READ | PROT_WRITE) == 0);
  }
  ~Fenced() { munmap(start_, pages_ + 2 * page_); }
  Fenced(const Fenced&) = delete;
  uint8_t* begin() const { return start_ + page_ + pages_ - size_; }
  uint8_t* end() const { return begin() + size_; }

 private:
  size_t page_, size_, pages_;
  uint8_t* start_;
};
