#include "tools/cli/threads.h"

#include <omp.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

namespace tri {
namespace fs = std::filesystem;
namespace {

// Of a positive number in a variable; nothing where it is none.
std::optional<int> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  int number = 0;
  if (!text) return {};
  const char* end = text + std::char_traits<char>::length(text);
  const auto read = std::from_chars(text, end, number);
  return read.ec == std::errc() && read.ptr == end && number > 0 ? std::optional(number)
                                                                 : std::nullopt;
}

// The text that stands first in a file; empty where there is none.
std::string word_in(const fs::path& file, std::string& second) {
  std::string first;
  std::ifstream(file) >> first >> second;
  return first;
}

// How many of so many threads can live at a time.
int startable(int wanted) {
  std::mutex mutex;
  std::condition_variable done;
  bool may_end = false;
  std::vector<std::thread> threads;
  threads.reserve(size_t(wanted));
  try {
    while (int(threads.size()) < wanted)
      threads.emplace_back([&] {
        std::unique_lock lock(mutex);
        done.wait(lock, [&] { return may_end; });
      });
  } catch (const std::system_error&) {
  }
  {
    const std::lock_guard lock(mutex);
    may_end = true;
  }
  done.notify_all();
  for (std::thread& thread : threads) thread.join();
  return int(threads.size());
}

}  // namespace

std::optional<int> quota_cpus(const fs::path& root, const std::string& group) {
  std::optional<int> cpus;
  const auto at_most = [&](const std::string& quota, const std::string& period) {
    const double us = std::strtod(quota.c_str(), nullptr),
                 of = std::strtod(period.c_str(), nullptr);
    if (us <= 0 || of <= 0) return;  // "max", -1, or no such file
    const int whole = std::max(1, int(std::min(us / of, 1e6)));
    cpus = std::min(cpus.value_or(whole), whole);
  };
  // A group's quota also holds for those within.
  for (fs::path at = fs::path(group).relative_path();; at = at.parent_path()) {
    std::string period, none;
    const std::string quota = word_in(root / at / "cpu.max", period);
    at_most(quota, period);
    for (const char* controller : {"cpu", "cpu,cpuacct"}) {
      const fs::path v1 = root / controller / at;
      at_most(word_in(v1 / "cpu.cfs_quota_us", none), word_in(v1 / "cpu.cfs_period_us", none));
    }
    if (at.empty()) return cpus;
  }
}

int job_threads() {
  int threads = omp_get_max_threads();
  if (std::getenv("OMP_NUM_THREADS")) return threads;
  if (const auto cpus = number_in("SLURM_CPUS_PER_TASK")) threads = std::min(threads, *cpus);
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    // "0::/user.slice", or of version 1 "4:cpu,cpuacct:/job"
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && controllers.find("cpu") == std::string::npos) continue;
    const auto cpus = quota_cpus("/sys/fs/cgroup", line.substr(second + 1));
    if (cpus) threads = std::min(threads, *cpus);
  }
  return threads;
}

std::string set_threads(int wanted) {
  constexpr int kMost = 1024;
  if (wanted == 0) wanted = job_threads();
  const int most = std::min(wanted, kMost);
  const int started = startable(most - 1);
  // Of those that fit the memory half, as their work needs some of it too.
  const int threads = 1 + (started < most - 1 ? started / 2 : started);
  omp_set_num_threads(threads);
  return threads == wanted
             ? ""
             : std::to_string(wanted) + " threads cannot be started here: going on with " +
                   std::to_string(threads);
}

}  // namespace tri
