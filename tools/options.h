// What all programs share: how options, results, errors and exit statuses look.
//
// Results go to stdout, talk to stderr. Exit status 0: done; 1: "error: ..." says why not; 2: wrong
// usage.
#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>

namespace tri {

constexpr const char* kVersion = "0.1.0";

// The options of a program: add them to it, then hand it to run_program.
struct Options : CLI::App {
  explicit Options(const std::string& purpose) : CLI::App(purpose) {
    option_defaults()->always_capture_default();
    set_version_flag("--version", kVersion);
  }
};

// Parses the command line into the variables bound to `options`, calls body() and returns the exit
// status of main.
template <class Body>
int run_program(Options& options, int argc, char** argv, Body body) {
  try {
    options.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // --help and --version come this way too
    return options.exit(error) == 0 ? 0 : 2;
  }
  try {
    body();
    if (!std::cout.flush()) throw std::runtime_error("standard output cannot be written");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}

}  // namespace tri
