// What every test file includes.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

// A folder of its own for a test, gone when the test ends.
struct Scratch {
  std::filesystem::path path;
  Scratch();
  ~Scratch();
};
