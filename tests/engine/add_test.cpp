#include "engine/kernels/add/add.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "data/base/rng.h"
#include "engine/graph/tensor.h"
#include "tests/support/fenced.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();

enum class Fill { random, extremes };

// Inputs that end where memory does, factors, and an epilogue's numbers.
struct Sum {
  int K;
  size_t pixels;
  Fenced xa, xb, fa, fb;
  std::vector<int32_t> bias, m, shift, t1, t2;

  int32_t* factors(const Fenced& of) const { return reinterpret_cast<int32_t*>(of.begin()); }

  Sum(int channels, size_t count, Fill fill, Rng& rng)
      : K(channels),
        pixels(count),
        xa(count * channels),
        xb(count * channels),
        fa(4 * channels),
        fb(4 * channels) {
    const bool random = fill == Fill::random;
    for (const Fenced* x : {&xa, &xb})
      for (uint8_t& byte : *x) byte = uint8_t(random ? rng.below(256) : 255 * rng.below(2));
    for (int k = 0; k < K; ++k) {
      for (const Fenced* f : {&fa, &fb})
        factors(*f)[k] = random ? rng.below(kFactorMax + 1) : kFactorMax * rng.below(2);
      // At the extremes A touches both ends of 32 bits.
      const int32_t most = 255 * (factors(fa)[k] + factors(fb)[k]);
      bias.push_back(random ? -rng.below(most + 1) : k % 2 ? kMost - most : kLeast);
      const Multiplier r = multiplier(random  ? 0x1p-14 * (1 + rng.below(3))
                                      : k % 3 ? 0x1p-24
                                              : 0.5);
      m.push_back(r.m), shift.push_back(r.shift);
      const int32_t middle = random ? bias.back() + most / 2 : bias.back();
      t1.push_back(k % 5 ? middle : kLeast);
      t2.push_back(k % 7 ? middle + most / 4 : kMost);
    }
  }

  Epilogue epilogue(Epilogue::Kind kind, bool biased) const {
    return {kind, biased ? bias.data() : nullptr, m.data(), shift.data(), t1.data(), t2.data()};
  }

  // As the contract states it, in 64 bits.
  std::vector<uint8_t> expected(const Epilogue& e) const {
    std::vector<uint8_t> y;
    for (size_t i = 0; i < pixels * size_t(K); ++i) {
      const size_t k = i % size_t(K);
      const int64_t sum = int64_t(factors(fa)[k]) * xa.begin()[i] +
                          int64_t(factors(fb)[k]) * xb.begin()[i] + (e.bias ? e.bias[k] : 0);
      REQUIRE((sum >= kLeast && sum <= kMost));
      if (e.kind == Epilogue::accumulators) {
        const auto a = int32_t(sum);
        y.resize(y.size() + sizeof a);
        std::memcpy(y.data() + y.size() - sizeof a, &a, sizeof a);
      } else if (e.kind == Epilogue::requantize) {
        y.push_back(requantize(int32_t(sum), {m[k], shift[k]}));
      } else {
        y.push_back(uint8_t(sum > t2[k] ? 2 : sum > t1[k] ? 1 : 0));
      }
    }
    return y;
  }
};

constexpr uint8_t kGuard = 0xA5;
constexpr size_t kGuards = 64;

// y of `v`, with guards before and after it still in place.
std::vector<uint8_t> run(const AddVariant& v, const Sum& s, const Epilogue& e, size_t bytes) {
  Buffer<uint8_t> y(bytes + 2 * kGuards, kGuard);
  v.run({s.K, s.factors(s.fa), s.factors(s.fb)}, {s.xa.begin(), s.xb.begin(), s.pixels}, e,
        y.data() + kGuards);
  const auto guard = [](uint8_t byte) { return byte == kGuard; };
  CHECK(std::all_of(y.begin(), y.begin() + kGuards, guard));
  CHECK(std::all_of(y.end() - kGuards, y.end(), guard));
  return {y.begin() + kGuards, y.end() - kGuards};
}

void check_all(int K, size_t pixels, Fill fill, Rng& rng) {
  CAPTURE(K);
  CAPTURE(pixels);
  const Sum sum(K, pixels, fill, rng);
  for (auto kind : {Epilogue::accumulators, Epilogue::requantize, Epilogue::staircase})
    for (bool biased : {true, false}) {
      CAPTURE(int(kind));
      CAPTURE(biased);
      const Epilogue e = sum.epilogue(kind, biased);
      const std::vector<uint8_t> expected = sum.expected(e);
      for (const AddVariant& v : add_variants()) {
        if (!v.runnable()) continue;
        CAPTURE(isa_name(v.isa));
        CHECK(run(v, sum, e, expected.size()) == expected);
      }
    }
}

}  // namespace

TEST_CASE("addition: every variant gives the sums that the contract states") {
  Rng rng(1);
  for (int K : {1, 3, 7, 8, 9, 15, 16, 17, 24, 33, 63, 64, 65, 160})
    for (size_t pixels : {0, 1, 3, 15, 16, 17, 50})
      for (Fill fill : {Fill::random, Fill::extremes}) check_all(K, pixels, fill, rng);
}

TEST_CASE("addition: every variant gives the same for any number of threads, and in place") {
  Rng rng(2);
  const int threads_before = omp_get_max_threads();
  const Sum sum(37, 100, Fill::random, rng);
  const Epilogue e = sum.epilogue(Epilogue::requantize, true);
  const std::vector<uint8_t> expected = sum.expected(e);
  CHECK(std::ranges::count(expected, 0) < 1800);  // codes all over their range
  CHECK(std::ranges::count(expected, 255) < 1800);
  for (const AddVariant& v : add_variants()) {
    if (!v.runnable()) continue;
    CAPTURE(isa_name(v.isa));
    for (int threads : {1, 2, 5}) {
      omp_set_num_threads(threads);
      CHECK(run(v, sum, e, expected.size()) == expected);
    }
    for (bool first : {true, false}) {
      const Fenced& over = first ? sum.xa : sum.xb;
      const std::vector<uint8_t> before(over.begin(), over.end());
      v.run({sum.K, sum.factors(sum.fa), sum.factors(sum.fb)},
            {sum.xa.begin(), sum.xb.begin(), sum.pixels}, e, over.begin());
      CHECK(std::equal(expected.begin(), expected.end(), over.begin(), over.end()));
      std::ranges::copy(before, over.begin());
    }
  }
  omp_set_num_threads(threads_before);
}

TEST_CASE("the scalar addition matches sums worked out by hand") {
  const int32_t fa[] = {3, 16384}, fb[] = {5, 0}, bias[] = {-8, 1}, m[] = {1 << 30, 1 << 30},
                shift[] = {31, 44}, t1[] = {-1, 0}, t2[] = {7, 4177920};
  const uint8_t xa[] = {0, 255, 1, 0}, xb[] = {1, 9, 3, 255};
  const auto finish = [&](Epilogue::Kind kind, void* y) {
    add_variant("scalar").run({2, fa, fb}, {xa, xb, 2}, {kind, bias, m, shift, t1, t2}, y);
  };
  int32_t sums[4];
  finish(Epilogue::accumulators, sums);
  CHECK(std::vector<int32_t>(sums, sums + 4) ==
        std::vector<int32_t>{5 - 8, 255 * 16384 + 1, 3 + 15 - 8, 1});
  uint8_t codes[4];
  finish(Epilogue::requantize, codes);  // by 1/2 and 2^-14
  CHECK(std::vector<int>(codes, codes + 4) == std::vector<int>{0, 255, 5, 0});
  finish(Epilogue::staircase, codes);
  CHECK(std::vector<int>(codes, codes + 4) == std::vector<int>{0, 2, 2, 1});
}
