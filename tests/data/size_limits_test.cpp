// Files of gigabytes in the place of others: a clear error, and no memory for them.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "data/cifar.h"
#include "data/contact_sheet.h"
#include "data/images.h"
#include "engine/integer/model_file.h"
#include "nets/layers_file.h"
#include "nets/nets.h"
#include "rl/search/journal.h"
#include "tests/support/test.h"
#include "tools/pipeline/energy_table.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

// What the Error of `work` says, in a process that may take 100 MB more than this one has.
std::string error_within_100_mb(const std::function<void()>& work) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t most = pages * size_t(sysconf(_SC_PAGESIZE)) + 100'000'000;
    const rlimit limit{most, most};
    setrlimit(RLIMIT_AS, &limit);
    std::string told = "no error";
    try {
      work();
    } catch (const Error& error) {
      told = error.what();
    } catch (const std::exception& error) {
      told = std::string("another exception: ") + error.what();
    }
    (void)!write(ends[1], told.data(), told.size());
    _exit(0);
  }
  close(ends[1]);
  std::string told(1000, ' ');
  const ssize_t size = read(ends[0], told.data(), told.size());
  told.resize(size > 0 ? size_t(size) : 0);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return told;
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;  // ASan maps terabytes
#else
constexpr bool kSanitized = false;
#endif

}  // namespace

TEST_CASE("files of gigabytes are refused by name within 100 MB of memory" *
          doctest::skip(kSanitized) * doctest::description("needs a build without ASan")) {
  const Scratch scratch;
  const fs::path big = scratch.path / "data_batch_1.bin";
  std::ofstream(big).close();
  const auto refuses = [&](const char* words, const std::function<void()>& work) {
    CAPTURE(words);
    const std::string told = error_within_100_mb(work);
    CAPTURE(told);
    CHECK(told.find("data_batch_1.bin: ") != std::string::npos);
    CHECK(told.find(words) != std::string::npos);
  };
  for (const uint64_t size : {3'000'000'000ull, 50'000'000'000ull}) {
    fs::resize_file(big, size);
    refuses("expected", [&] { load_train(scratch.path); });
    refuses("is not a tri-segment model", [&] { load_model(big, table_of); });
    refuses("is no search journal", [&] { Journal(big, {}, true); });
    refuses("bytes, expected at most", [&] { load_energy_table(big); });
    refuses("bytes, expected at most", [&] { load_layers(big, 10); });
    refuses("bytes, expected at most", [&] { load_sheet(big, {32, 32, 3}); });
    refuses("no picture of a known kind", [&] { decode_picture(big, {32, 32, 3}); });
  }
}
