// Counts what the program allocates with operator new, and spoils what it frees.
#pragma once

#include <cstddef>

// Calls so far, of all threads. Always 0 under AddressSanitizer, whose own operators stay in place.
size_t allocations();

// While one lives, operator delete fills what it frees with zeros: reading it then gives another
// result than before. Does nothing under AddressSanitizer, which finds such reads by itself.
class SpoilFreedMemory {
 public:
  SpoilFreedMemory();
  ~SpoilFreedMemory();
  SpoilFreedMemory(const SpoilFreedMemory&) = delete;
  SpoilFreedMemory& operator=(const SpoilFreedMemory&) = delete;
};
