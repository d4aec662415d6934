// What all programs share: how options, results, errors and exit statuses look.
//
// Results go to stdout, talk to stderr. Exit status 0: done; 1: "error: ..." says why not; 2: wrong
// usage; 130 (143): Ctrl-C (kill) ended it early, after what there was has been written.
#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "tools/cli/data_options.h"

namespace tri {

// " (did you mean 'a' or 'b'?)": those of `words` that take the fewest letters added, removed or
// changed to become `word` (Levenshtein), if that is at most two or a third of it; else nothing.
std::string suggestion(const std::string& word, const std::vector<std::string>& words);

// Takes one of some words; suggests the nearest where it is another one.
struct OneOf : CLI::Validator {
  explicit OneOf(const std::vector<std::string>& words);
};

// The options of a program: add them to it, then hand it to run_program. `purpose` says in a few
// words what the program does and ends with a line "Example: ./program ...".
struct Options : CLI::App {
  int threads = 0;
  explicit Options(const std::string& purpose);
};

// Wrong usage unless NET is one of net_names(), or a plain name where `option` says what it is.
void require_net(const std::string& net, bool told, const std::string& option);

// The first Ctrl-C (SIGINT) or kill (SIGTERM) from now on sets the flag that is returned, instead
// of ending the program; its exit status then tells of it. what_happens: said at once, to stderr. A
// second one ends the program at once, and so do 15 seconds after SIGTERM, as job systems kill soon
// after it: what must not be lost is to be in files by then. Call it once.
const std::atomic<bool>& stop_on_signal(const std::string& what_happens);

// For ranks that work for another one: it is told too, and lets them go.
void ignore_stops();

// Parses the command line into the variables bound to `options`, calls body() and returns the exit
// status of main. Call it before anything is written: it may start the program again, as process.h
// tells.
int run_program(Options& options, int argc, char** argv, const std::function<void()>& body);

}  // namespace tri
