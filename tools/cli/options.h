// What all programs share: how options, results, errors and exit statuses look.
//
// Results go to stdout, talk to stderr. Exit status 0: done; 1: "error: ..." says why not; 2: wrong
// usage; 130 (143): Ctrl-C (kill) ended it early, after what there was has been written.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#include "data/base/file.h"

namespace tri {

constexpr const char* kVersion = "tri-segment 0.1.0";

// " (did you mean 'a' or 'b'?)": those of `words` that take the fewest letters added, removed or
// changed to become `word` (Levenshtein), if that is at most two or a third of it; else nothing.
inline std::string suggestion(const std::string& word, const std::vector<std::string>& words) {
  const auto distance = [&word](const std::string& other) {
    std::vector<size_t> row(other.size() + 1);  // of a prefix of `word` to each prefix of `other`
    std::iota(row.begin(), row.end(), size_t(0));
    for (size_t i = 0; i < word.size(); ++i) {
      size_t diagonal = row[0]++;
      for (size_t j = 0; j < other.size(); ++j) {
        const size_t changed = diagonal + (word[i] != other[j]);
        diagonal = row[j + 1];
        row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
      }
    }
    return row.back();
  };
  size_t least = std::max<size_t>(2, word.size() / 3) + 1;
  std::string nearest;
  for (const std::string& other : words) {
    const size_t d = distance(other);
    if (d < least) nearest.clear();
    if (d < least || (d == least && !nearest.empty()))
      nearest += (nearest.empty() ? "'" : " or '") + other + "'";
    least = std::min(least, d);
  }
  return nearest.empty() ? "" : " (did you mean " + nearest + "?)";
}

// Takes one of some words; suggests the nearest where it is another one.
struct OneOf : CLI::Validator {
  explicit OneOf(const std::vector<std::string>& words)
      : CLI::Validator("{" + CLI::detail::join(words) + "}") {
    func_ = [words](const std::string& word) {
      if (std::find(words.begin(), words.end(), word) != words.end()) return std::string();
      return "'" + word + "' is none of " + CLI::detail::join(words, ", ") +
             suggestion(word, words);
    };
  }
};

// The options of a program: add them to it, then hand it to run_program. `purpose` says in a few
// words what the program does and ends with a line "Example: ./program ...".
struct Options : CLI::App {
  explicit Options(const std::string& purpose) : CLI::App(purpose) {
    option_defaults()->always_capture_default();
    set_help_flag("-h,--help", "this help");
    set_version_flag("--version", kVersion, "the version");
  }
};

// Where the pictures come from.
struct DataOptions {
  std::string folder;
  bool offline = false;

  void add_to(CLI::App& options) {
    options.add_option("--data", folder,
                       "folder of the data set [$CIFAR10_DIR, else "
                       "data/cifar-10-batches-bin, else a download to there]");
    options.add_flag("--offline", offline, "download nothing");
  }
};

namespace detail {

inline std::atomic<bool> stop{false};
inline std::atomic<int> stop_signal{0};

inline void on_signal(int number) {
  stop_signal = number;
  stop = true;
  std::signal(SIGINT, SIG_DFL);  // a second one ends the program at once
  std::signal(SIGTERM, SIG_DFL);
}

// A program may be started with its standard files closed; the next file it opened would then take
// their place, and get what is printed. Standard output becomes one that cannot be written.
inline void occupy_standard_files() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(file, F_GETFD) < 0)
      (void)!open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

inline void flush_results() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) || !std::cout.flush())
    throw Error(std::string("standard output cannot be written: ") + std::strerror(errno));
}

// What is wrong with a command line that CLI11 refused. An option it does not know comes first: the
// word behind may have been taken for an argument, which then is wrong as well.
inline std::string wrong_usage(const Options& options, const CLI::ParseError& error) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const std::string& word : options.remaining())
    if (word.size() > 1 && word[0] == '-') {
      const std::string name = word.substr(0, word.find('='));
      return "there is no option " + name + suggestion(name, names);
    }
  return error.what();
}

// CLI::Range lets NaN pass.
inline void refuse_nan(const Options& options) {
  for (const CLI::Option* option : options.get_options())
    if (option->get_type_name().starts_with("FLOAT"))
      for (const std::string& value : option->results())
        if (!std::isfinite(std::strtod(value.c_str(), nullptr)))
          throw CLI::ValidationError(option->get_name(), value + " is not a number");
}

}  // namespace detail

// The first Ctrl-C (SIGINT) or kill (SIGTERM) from now on sets the flag that is returned, instead
// of ending the program; its exit status then tells of it. A second one ends it at once.
inline const std::atomic<bool>& stop_on_signal() {
  std::signal(SIGINT, detail::on_signal);
  std::signal(SIGTERM, detail::on_signal);
  return detail::stop;
}

// Parses the command line into the variables bound to `options`, calls body() and returns the exit
// status of main.
inline int run_program(Options& options, int argc, char** argv, const std::function<void()>& body) {
  detail::occupy_standard_files();
  // Broken pipes and files over the limit are errors of the write, which says so.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    try {
      options.parse(argc, argv);
      detail::refuse_nan(options);
      body();
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() != 0) {
        std::cerr << "error: " << detail::wrong_usage(options, error) << "\nrun " << argv[0]
                  << " --help for the options\n";
        return 2;
      }
      options.exit(error);  // --help and --version come this way
    }
    detail::flush_results();
  } catch (const std::bad_alloc&) {
    std::cerr << "error: there is not enough memory\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return detail::stop_signal ? 128 + detail::stop_signal : 1;
  }
  return detail::stop_signal ? 128 + detail::stop_signal : 0;
}

}  // namespace tri
