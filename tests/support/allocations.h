// Counts what the program allocates with operator new, and spoils what it frees.
#pragma once

#include <cstddef>
#include <cstdint>

// Calls so far, of all threads. Always 0 under AddressSanitizer, whose own operators stay in place.
size_t allocations();

// While one lives, the `from`-th allocation from now on (0: the next) and all after it fail, of all
// threads. One at a time. Does nothing under AddressSanitizer.
class FailAllocations {
 public:
  explicit FailAllocations(size_t from);
  ~FailAllocations();
  FailAllocations(const FailAllocations&) = delete;
  FailAllocations& operator=(const FailAllocations&) = delete;
  bool failed() const;  // whether one has
};

// While one lives, operator delete fills what it frees with this byte: reading it then gives
// another result than before, with one byte or another. One at a time. Does nothing under
// AddressSanitizer, which finds such reads by itself.
class SpoilFreedMemory {
 public:
  explicit SpoilFreedMemory(uint8_t byte);
  ~SpoilFreedMemory();
  SpoilFreedMemory(const SpoilFreedMemory&) = delete;
  SpoilFreedMemory& operator=(const SpoilFreedMemory&) = delete;
};
