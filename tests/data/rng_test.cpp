#include "data/base/rng.h"

#include <numeric>
#include <vector>

#include "tests/support/test.h"

using namespace tri;

TEST_CASE("rng: the sequence is SplitMix64's, the same on every machine") {
  Rng rng(0);
  rng.state = 1234567;  // the published test vector starts here
  CHECK(rng.next() == 6457827717110365317ull);
  CHECK(rng.next() == 3203168211198807973ull);
  CHECK(rng.next() == 9817491932198370423ull);
}

TEST_CASE("rng: a stream is reproducible and differs from other seeds and streams") {
  CHECK(Rng(1, 2).next() == Rng(1, 2).next());
  CHECK(Rng(1, 2).next() != Rng(1, 3).next());
  CHECK(Rng(1, 2).next() != Rng(2, 2).next());
}

TEST_CASE("rng: numbers have the range, mean and variance that were asked for") {
  Rng rng(3);
  constexpr int kCount = 100000;
  std::vector<int> seen(7);
  double uniform = 0, normal = 0, squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double u = rng.uniform(), z = rng.normal();
    if (u < 0 || u >= 1) FAIL("not in [0, 1): " << u);
    ++seen.at(size_t(rng.below(7)));
    uniform += u, normal += z, squares += z * z;
  }
  // Within about 5 standard errors.
  CHECK(uniform / kCount == doctest::Approx(0.5).epsilon(0.01));
  CHECK(std::abs(normal / kCount) < 0.016);
  CHECK(squares / kCount == doctest::Approx(1).epsilon(0.022));
  for (const int count : seen) CHECK(count == doctest::Approx(kCount / 7.0).epsilon(0.04));
}

TEST_CASE("rng: shuffle keeps every item and puts each in every place equally often") {
  Rng rng(4);
  std::vector<int> first(5);
  for (int i = 0; i < 10000; ++i) {
    std::vector<int> items(5);
    std::iota(items.begin(), items.end(), 0);
    rng.shuffle(items);
    ++first[size_t(items[0])];
    if (std::accumulate(items.begin(), items.end(), 0) != 10) FAIL("an item was lost");
  }
  for (const int count : first) CHECK(count == doctest::Approx(2000).epsilon(0.1));
}
