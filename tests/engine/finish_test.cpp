#include "engine/kernels/epilogue/finish.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "data/base/rng.h"
#include "engine/graph/tensor.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// [pixels][K] sums that fill their memory, what becomes of them, and tables of K channels.
struct Fixture {
  static constexpr int kPixels = 70;
  int K;
  Rng rng{3};
  Buffer<int32_t> sums = Buffer<int32_t>(size_t(kPixels) * size_t(K));
  std::vector<int32_t> bias, m, shift, t1, t2;

  int32_t any(int bits) { return int32_t(rng.next()) >> (31 - bits); }
  explicit Fixture(int channels) : K(channels) {
    for (int32_t& a : sums) a = any(int(8 + rng.below(23)));
    for (int k = 0; k < K; ++k) {
      bias.push_back(any(20));
      m.push_back((1 << 30) + int32_t(rng.below(1 << 30)));
      shift.push_back(int32_t(k % 7 ? 36 + rng.below(12) : 20 + rng.below(43)));
      t1.push_back(k % 3 ? any(24) : sums[size_t(k)]);  // equal to a sum: not above it
      t2.push_back(k % 5 ? std::max(t1.back(), any(30)) : std::numeric_limits<int32_t>::max());
    }
  }
  Epilogue epilogue(Epilogue::Kind kind, bool biased) const {
    return {kind, biased ? bias.data() : nullptr, m.data(), shift.data(), t1.data(), t2.data()};
  }
};

constexpr Epilogue::Kind kKinds[] = {Epilogue::accumulators, Epilogue::requantize,
                                     Epilogue::staircase};

}  // namespace

TEST_CASE("sums in memory: every variant this CPU runs makes of them what the definition says") {
  constexpr int kPixels = Fixture::kPixels;
  for (const int K : {1, 3, 8, 16, 20, 48, 69})
    for (const Epilogue::Kind kind : kKinds)
      for (const bool biased : {false, true}) {
        const Fixture f(K);
        const Epilogue e = f.epilogue(kind, biased);
        const size_t bytes = f.sums.size() * (kind == Epilogue::accumulators ? 4 : 1);
        Buffer<uint8_t> right(bytes);
        for (int p = 0; p < kPixels; ++p)
          finish(e, f.sums.data() + size_t(p) * size_t(K), 0, K, K, size_t(p), right.data());
        for (const FinishVariant& v : finish_variants()) {
          if (!v.runnable()) continue;
          CAPTURE(isa_name(v.isa));
          CAPTURE(K);
          CAPTURE(int(kind));
          CAPTURE(biased);
          Buffer<uint8_t> y(bytes + 1, 99);
          v.run(e, f.sums.data(), K, kPixels, y.data());
          CHECK(std::equal(right.begin(), right.end(), y.begin()));
          CHECK(y[bytes] == 99);
        }
        Buffer<uint8_t> y(bytes);
        finish_all(e, f.sums.data(), K, kPixels, y.data());
        CHECK(y == right);
      }
}

TEST_CASE("sums in memory: accumulators may stay where they are") {
  const Fixture f(20);
  Buffer<int32_t> there = f.sums, elsewhere(f.sums.size());
  const Epilogue e = f.epilogue(Epilogue::accumulators, true);
  finish_all(e, f.sums.data(), f.K, Fixture::kPixels, elsewhere.data());
  finish_all(e, there.data(), f.K, Fixture::kPixels, there.data());
  CHECK(there == elsewhere);
}
