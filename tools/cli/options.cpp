#include "tools/cli/options.h"

#include <fcntl.h>
#include <semaphore.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <numeric>
#include <system_error>
#include <thread>

#include "data/base/error.h"
#include "nets/nets.h"
#include "tools/cli/process.h"
#include "tools/cli/threads.h"
#include "tools/cli/version.h"

namespace tri {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> stop_signal{0};

// What job systems leave between SIGTERM and SIGKILL is 30 seconds with Slurm, of which 20 may be
// spent here, on a busy machine.
constexpr int kGrace = 15;
std::string on_stop;
sem_t terminated;

// Calls nothing that may not be called from a signal's handler.
void on_signal(int number) {
  stop_signal = number;
  stop = true;
  std::signal(SIGINT, SIG_DFL);  // a second one ends the program at once
  std::signal(SIGTERM, SIG_DFL);
  const int error = errno;
  (void)!write(STDERR_FILENO, on_stop.data(), on_stop.size());
  if (number == SIGTERM) sem_post(&terminated);
  errno = error;
}

// Ends the program some seconds after SIGTERM, wherever it is: what is in its files by then stands.
void end_in_time() {
  while (sem_wait(&terminated) != 0 && errno == EINTR) {
  }
  std::this_thread::sleep_for(std::chrono::seconds(kGrace));
  _exit(128 + SIGTERM);
}

// A program may be started with its standard files closed; the next file it opened would then take
// their place, and get what is printed. Standard output becomes one that cannot be written.
void occupy_standard_files() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(file, F_GETFD) < 0)
      (void)!open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

void flush_results() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) || !std::cout.flush())
    throw Error(std::string("standard output cannot be written: ") + std::strerror(errno));
}

// What is wrong with a command line that CLI11 refused. An option it does not know comes first: the
// word behind may have been taken for an argument, which then is wrong as well.
std::string wrong_usage(const Options& options, const CLI::ParseError& error) {
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

// CLI::Range lets NaN pass, and a number that does not fit 64 bits becomes another one.
void refuse_numbers(const CLI::App& options) {
  for (const CLI::Option* option : options.get_options())
    for (const std::string& value : option->results()) {
      const std::string type = option->get_type_name();
      if (type.starts_with("FLOAT") && !std::isfinite(std::strtod(value.c_str(), nullptr)))
        throw CLI::ValidationError(option->get_name(), value + " is not a number");
      errno = 0;
      if (type.starts_with("UINT") &&
          (value.starts_with('-') || (std::strtoull(value.c_str(), nullptr, 0), errno == ERANGE)))
        throw CLI::ValidationError(option->get_name(), value + " is not in range 0 to 2^64 - 1");
    }
  for (const CLI::App* subcommand : options.get_subcommands()) refuse_numbers(*subcommand);
}

}  // namespace

std::string suggestion(const std::string& word, const std::vector<std::string>& words) {
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

OneOf::OneOf(const std::vector<std::string>& words)
    : CLI::Validator("{" + CLI::detail::join(words) + "}") {
  func_ = [words](const std::string& word) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return std::string();
    return "'" + word + "' is none of " + CLI::detail::join(words, ", ") + suggestion(word, words);
  };
}

Options::Options(const std::string& purpose) : CLI::App(purpose) {
  option_defaults()->always_capture_default();
  set_help_flag("-h,--help", "this help");
  add_option("--threads", threads, "0: those that the job or the machine gives")
      ->check(CLI::Range(0, 1024));
  set_version_flag("--version", kVersion, "the version");
}

void DataOptions::add_to(CLI::App& options) {
  options.add_option("--data", folder,
                     "folder of the data set [$CIFAR10_DIR, else "
                     "data/cifar-10-batches-bin, else a download to there]");
  options.add_flag("--offline", offline, "download nothing");
}

void require_net(const std::string& net, bool told, const std::string& option) {
  const std::vector<std::string>& names = net_names();
  if (std::find(names.begin(), names.end(), net) != names.end()) return;
  if (told && is_plain_name(net)) return;
  throw CLI::ValidationError("NET", "'" + net + "' is none of " + CLI::detail::join(names, ", ") +
                                        suggestion(net, names) +
                                        (told ? "" : "; " + option + " makes it one of your own"));
}

const std::atomic<bool>& stop_on_signal(const std::string& what_happens) {
  on_stop = "\nstopping: " + what_happens + "; a second Ctrl-C ends the program at once\n";
  sem_init(&terminated, 0, 0);
  try {
    std::thread(end_in_time).detach();
  } catch (const std::system_error&) {  // no room for a thread: SIGTERM then waits for the program
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return stop;
}

void ignore_stops() {
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
}

int run_program(Options& options, int argc, char** argv, const std::function<void()>& body) {
  wait_briefly(argv);
  occupy_standard_files();
  // Broken pipes and files over the limit are errors of the write, which says so.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    try {
      options.parse(argc, argv);
      refuse_numbers(options);
      if (const std::string note = set_threads(options.threads); !note.empty())
        std::cerr << note << "\n";
      body();
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() != 0) {
        std::cerr << "error: " << wrong_usage(options, error) << "\nrun " << argv[0]
                  << " --help for the options\n";
        return 2;
      }
      options.exit(error);  // --help and --version come this way
    }
    flush_results();
  } catch (const std::bad_alloc&) {
    std::cerr << "error: there is not enough memory\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return stop_signal ? 128 + stop_signal : 1;
  }
  return stop_signal ? 128 + stop_signal : 0;
}

}  // namespace tri
