// Running the project's programs from a test.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/test.h"

struct Ran {
  int status;  // exit status
  std::string out, err;
};

// Runs a shell command and waits for it. A command killed by a signal fails the test.
Ran run(const std::string& command);

// The path of one of the programs `make` builds, in the build under test ($BIN, set by `make
// test`).
std::string program(const std::string& name);

nlohmann::json json_of(const std::filesystem::path& file);

// A folder with a data set of 40 + 20 pictures and a random teacher, alexnet.q8.
struct Bench {
  Scratch scratch;
  std::string data = (scratch.path / "data").string(), out = (scratch.path / "out").string();
  std::string teacher = (scratch.path / "alexnet.q8").string();

  Bench();
  // A short search on them that writes to `out`, with these options besides.
  Ran search(const std::string& more) const;
};
