#include "engine/arithmetic/quant.h"

#include <cmath>
#include <limits>
#include <random>

#include "data/base/file.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

// The formula of engine/arithmetic/quant.h where no intermediate result can overflow.
int exact(int32_t accumulator, Multiplier r) {
  const __int128 a = accumulator > 0 ? accumulator : 0;
  const __int128 code = (a * r.m + (__int128(1) << (r.shift - 1))) >> r.shift;
  return int(code < 255 ? code : 255);
}

// Any multiplier there can be, the ends of its ranges included.
Multiplier random_multiplier(std::mt19937& rng) {
  const uint32_t fraction = rng() % 8;
  const int32_t m = fraction == 0   ? 1 << 30
                    : fraction == 1 ? kMax
                                    : int32_t((1u << 30) + rng() % (1u << 30));
  return {m, int32_t(1 + rng() % 62)};
}

}  // namespace

TEST_CASE("a multiplier stands for its factor to 31 bits") {
  std::mt19937 rng(1);
  std::uniform_real_distribution<double> exponent(-32, 29.9);
  for (int i = 0; i < 1000; ++i) {
    const double r = std::exp2(exponent(rng));
    const Multiplier m = multiplier(r);
    CHECK(m.m >= 1 << 30);
    CHECK(m.shift >= 1);
    CHECK(m.shift <= 62);
    CHECK(std::abs(std::ldexp(double(m.m), -m.shift) - r) <= r * 0x1p-31);
  }
  CHECK(multiplier(0.75).m == 3 << 29);
  CHECK(multiplier(0.75).shift == 31);
  CHECK(multiplier(1 - 0x1p-40).m == 1 << 30);  // rounds up to 1
  CHECK(multiplier(1 - 0x1p-40).shift == 30);
}

TEST_CASE("a factor that is not positive, finite and in range is refused") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (double r : {0.0, -1.0, infinity, -infinity, std::nan(""), 0x1p-33, 0x1p30})
    CHECK_THROWS_AS(multiplier(r), Error);
}

TEST_CASE("requantize equals the formula without overflow, for every size of accumulator") {
  std::mt19937 rng(2);
  for (int i = 0; i < 100000; ++i) {
    const Multiplier r = random_multiplier(rng);
    const int32_t a = int32_t(rng()) >> (rng() % 32);
    for (int32_t accumulator : {a, kMin, -1, 0, 1, kMax}) {
      CAPTURE(accumulator);
      CAPTURE(r.m);
      CAPTURE(r.shift);
      REQUIRE(requantize(accumulator, r) == exact(accumulator, r));
    }
  }
}

TEST_CASE("requantize rounds halves up and stops at 0 and 255") {
  const Multiplier half = multiplier(0.5);
  CHECK(requantize(-7, half) == 0);
  CHECK(requantize(1, half) == 1);
  CHECK(requantize(2, half) == 1);
  CHECK(requantize(3, half) == 2);
  CHECK(requantize(509, half) == 255);
  CHECK(requantize(kMax, half) == 255);
}

TEST_CASE("largest_accumulator is exactly the threshold between two codes") {
  std::mt19937 rng(3);
  for (int i = 0; i < 100000; ++i) {
    const Multiplier r = random_multiplier(rng);
    const int code = int(rng() % 256);
    const int32_t a = largest_accumulator(code, r);
    CAPTURE(code);
    CAPTURE(r.m);
    CAPTURE(r.shift);
    REQUIRE(exact(a, r) <= code);
    if (a < kMax) REQUIRE(exact(a + 1, r) > code);
  }
}

TEST_CASE("a threshold that no code passes, or every code does, is an end of the range") {
  CHECK(largest_accumulator(255, multiplier(1e6)) == kMax);
  CHECK(largest_accumulator(0, multiplier(0x1p-32)) == kMax);  // 2^31 - 1 rounds to 0
  CHECK(largest_accumulator(-1, multiplier(1)) == kMin);
}

TEST_CASE("float codes round halves away from zero") {
  CHECK(round_code(2.5f) == 3);
  CHECK(round_code(-2.5f) == -3);
}
