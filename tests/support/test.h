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

// Whether a command can be run. A test that needs what may not be there is decorated with
//   * doctest::skip(!have("curl")) * doctest::description("needs curl")
// and is then named at the end of the run.
bool have(const std::string& command);
