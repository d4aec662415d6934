// Data sets: a description of the project's own records, a zero, and records.
#include <algorithm>

#include "data/cifar.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto names = as_file(std::vector<uint8_t>{'a', '\n', 'b', '\n'}, "batches.meta.txt");
  const uint8_t *zero = std::find(data, data + size, 0), *end = data + size;
  as_file({data, zero}, "dataset.json");
  as_file({std::min(zero + 1, end), end}, "data_batch_1.bin");
  return fuzz([&] { tri::load_train(scratch()); });
}
