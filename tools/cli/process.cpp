#include "tools/cli/process.h"

#include <omp.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace tri {

void wait_briefly([[maybe_unused]] char** argv) {
#ifdef __linux__
  constexpr const char *kSpins = "GOMP_SPINCOUNT", *kAgain = "TRISEGMENT_STARTED_AGAIN";
  if (std::getenv(kAgain)) {
    unsetenv(kAgain);
    unsetenv(kSpins);
    return;
  }
  if (std::getenv(kSpins) || std::getenv("OMP_WAIT_POLICY")) return;
  if (getauxval(AT_BASE) == 0) return;  // started as an argument of the loader, which exe then is
  // Some microseconds: alone as fast as with libgomp's 300,000, and beside another program at half
  // the speed, where 10,000 fall behind that and 300,000 reach a third.
  setenv(kSpins, "1000", 1);
  setenv(kAgain, "1", 1);
  execv("/proc/self/exe", argv);
  unsetenv(kAgain);
  unsetenv(kSpins);
#endif
}

namespace {

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

std::string limit_threads() {
  constexpr int kMost = 1024;
  const int wanted = omp_get_max_threads(), most = std::min(wanted, kMost);
  const int started = startable(most - 1);
  // Of those that fit the memory half, as their work needs some of it too.
  const int threads = 1 + (started < most - 1 ? started / 2 : started);
  if (threads == wanted) return "";
  omp_set_num_threads(threads);
  return std::to_string(wanted) + " threads cannot be started here: going on with " +
         std::to_string(threads);
}

}  // namespace tri
