// What goes wrong at the edges: files, options, hostile input.
#pragma once

#include <stdexcept>

namespace tri {

// An error its reader can act on: says what, where and what to do. Programs print it and exit 1.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tri
