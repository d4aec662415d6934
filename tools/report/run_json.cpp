#include "tools/report/run_json.h"

#include <omp.h>

#include <ctime>

#include "data/base/file.h"
#include "data/base/json.h"
#include "data/base/lock.h"
#include "tools/cli/version.h"

namespace tri {
namespace {

using Clock = std::chrono::system_clock;

// "2026-01-31T23:59:59Z".
std::string utc(Clock::time_point time) {
  const std::time_t seconds = Clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

RunRecord::RunRecord(int argc, char** argv) : command_(argv, argv + argc), start_(Clock::now()) {}

void RunRecord::write(const std::filesystem::path& file, const std::string& isa) const {
  const Clock::time_point end = Clock::now();
  write_file(file, dump({{"version", 1},
                         {"program", kVersion},
                         {"command", command_},
                         {"host", host_name()},
                         {"start", utc(start_)},
                         {"end", utc(end)},
                         {"seconds", std::chrono::duration<double>(end - start_).count()},
                         {"threads", omp_get_max_threads()},
                         {"isa", isa}}));
}

}  // namespace tri
