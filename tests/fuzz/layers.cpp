// Tables of layers, resolved as a program does with them.
#include "nets/layers_file.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = as_file({data, size});
  return fuzz([&] {
    tri::NetDefinition net = tri::load_layers(file, 10);
    tri::resolve(net.layers, {32, 32, 3});
    tri::require_network(net.layers);
  });
}
