// What every test file includes.
#pragma once

#define DOCTEST_CONFIG_TREAT_CHAR_STAR_AS_STRING
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

// A folder of its own for a test, gone when the test ends.
struct Scratch {
  std::filesystem::path path;
  Scratch();
  ~Scratch();
};
