// Data sets: a description of the project's own records, a zero, and records.
#include <algorithm>
#include <fstream>

#include "data/cifar.h"
#include "tests/fuzz/input.h"

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path folder = [] {
    std::string name = "/dev/shm/fuzz-XXXXXX";
    if (!mkdtemp(name.data())) std::abort();
    std::ofstream(name + "/batches.meta.txt") << "a\nb\n";
    return fs::path(name);
  }();
  const uint8_t* zero = std::find(data, data + size, 0);
  const auto write = [](const fs::path& file, const uint8_t* from, const uint8_t* to) {
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(from), to - from);
  };
  write(folder / "dataset.json", data, zero);
  write(folder / "data_batch_1.bin", std::min(zero + 1, data + size), data + size);
  return fuzz([&] { tri::load_train(folder); });
}
