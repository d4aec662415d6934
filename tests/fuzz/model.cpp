// Model files: the first byte chooses the version, the rest stands in a frame that is right. What
// is read is written as it was.
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto file = as_file(framed("triseg\r\n", 1 + data[0] % 2, {data + 1, size - 1}));
  return fuzz([&] {
    const tri::Model model = tri::load_model(file, tri::table_of);
    tri::save(model, scratch() / "model");
    const tri::Model again = tri::load_model(scratch() / "model", tri::table_of);
    if (tri::checksum(again) != tri::checksum(model)) std::abort();
  });
}
