// Sheets of small pictures.
#include "data/contact_sheet.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<uint8_t> bytes(data, data + size);
  return fuzz([&] { tri::decode_sheet(bytes, "sheet.jpg", {16, 16, 3}); });
}
