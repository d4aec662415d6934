// result.json, as ./report reads it.
#include "tests/fuzz/input.h"
#include "tools/report/page/page.h"
#include "tools/report/page/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = as_file({data, size});
  return fuzz([&] {
    const tri::Json json = tri::read_json(file);
    tri::script_json(json);
    tri::require_schema(json, tri::result_schema(), file);
  });
}
