// Tables of energies.
#include "tools/pipeline/energy_table.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = as_file({data, size});
  return fuzz([&] { tri::to_json(tri::load_energy_table(file)); });
}
