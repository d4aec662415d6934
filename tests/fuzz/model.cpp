// Model files: the first byte chooses the version, the rest stands in a frame that is right.
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto file = as_file(framed("triseg\r\n", 1 + data[0] % 2, {data + 1, size - 1}));
  return fuzz([&] { tri::load_model(file, tri::table_of); });
}
