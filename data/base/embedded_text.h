// Texts that stand in files of the source and, by the Makefile, in the library.
#pragma once

#include <string_view>

// Defines `function`, which returns the bytes of a file. symbol: what the linker calls it, the path
// with a _ for each other character.
#define EMBEDDED_TEXT(function, symbol)             \
  extern "C" const char _binary_##symbol##_start[]; \
  extern "C" const char _binary_##symbol##_end[];   \
  std::string_view function() { return {_binary_##symbol##_start, _binary_##symbol##_end}; }
