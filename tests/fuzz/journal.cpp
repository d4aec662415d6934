// Journals: every line of the input, but one that begins with '!', gets the checksum that it needs.
#include "rl/search/journal.h"

#include <cstdio>

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string all;
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end == std::string::npos ? text.size() : end + 1;
    char sum[20] = "";
    if (!line.starts_with('!'))
      std::snprintf(sum, sizeof sum, "%016llx ",
                    (unsigned long long)tri::fnv1a(
                        {reinterpret_cast<const uint8_t*>(line.data()), line.size()}));
    all += sum + line + (end == std::string::npos ? "" : "\n");
  }
  const auto file =
      as_file({reinterpret_cast<const uint8_t*>(all.data()), all.size()}, "search.journal");
  return fuzz([&] {
    const int updates = [&] {
      tri::Journal journal(file, {{"NET", "small"}}, true);
      journal.append("ppo", 7, {.students = 1, .parts = {{}, {}}});
      return journal.updates();
    }();
    // What is added stands behind what was read.
    if (tri::Journal(file, {{"NET", "small"}}, true).updates() != updates) std::abort();
  });
}
