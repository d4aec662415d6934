// Running the project's programs from a test.
#pragma once

#include <string>

struct Ran {
  int status;  // exit status
  std::string out, err;
};

// Runs a shell command and waits for it. A command killed by a signal fails the test.
Ran run(const std::string& command);

// The path of one of the programs `make` builds, in the build under test ($BIN, set by `make
// test`).
std::string program(const std::string& name);
