#include "data/base/hash.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace tri;

namespace {

uint64_t of(const std::string& text) {
  return fnv1a({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

TEST_CASE("FNV-1a gives the values that its authors publish") {
  CHECK(of("") == 0xcbf29ce484222325ull);
  CHECK(of("a") == 0xaf63dc4c8601ec8cull);
  CHECK(of("foobar") == 0x85944171f73967e8ull);
}

TEST_CASE("FNV-1a takes numbers by their bytes, the lowest first") {
  Fnv1a sum;
  sum.number(uint32_t{0x03020100});
  sum.number(uint64_t{0x0b0a090807060504});
  const std::vector<uint8_t> bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  CHECK(sum.hash() == fnv1a(bytes));
}
