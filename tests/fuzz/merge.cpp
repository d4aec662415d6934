// Reports of searches that --merge reads: the input is the result.json of a folder.
#include "tests/fuzz/input.h"
#include "tools/report/comparison.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  as_file({data, size}, "result.json");
  return fuzz([&] {
    const auto scores = tri::merged("small", {scratch()});
    tri::comparison_table(tri::compare(scores));
  });
}
