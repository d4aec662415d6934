// Logs of searches and trainings.
#include "tests/fuzz/input.h"
#include "tools/report/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = as_file({data, size});
  return fuzz([&] { tri::to_json(tri::read_csv(file)); });
}
