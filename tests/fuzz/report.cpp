// Reports of searches that --merge reads: the input is the result.json of a folder.
#include <fstream>

#include "tests/fuzz/input.h"
#include "tools/report/comparison.h"

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path folder = [] {
    std::string name = "/dev/shm/fuzz-XXXXXX";
    if (!mkdtemp(name.data())) std::abort();
    return fs::path(name);
  }();
  std::ofstream(folder / "result.json", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), std::streamsize(size));
  return fuzz([&] {
    const auto scores = tri::merged("small", {folder});
    tri::comparison_table(tri::compare(scores));
  });
}
