#include "rl/search/front.h"

#include <vector>

#include "tests/support/test.h"

using namespace tri;

namespace {

// A candidate named by its first threshold. The reward is not what a front looks at.
Candidate at(uint8_t t1, double quality, double energy) {
  return {.f = {TriSegment{.t1 = t1}},
          .parts = {.energy = energy},
          .reward = quality - energy,
          .quality_gain = quality};
}

std::vector<int> names(const Front& front) {
  std::vector<int> result;
  for (const Candidate& c : front.members()) result.push_back(c.f[0]->t1);
  return result;
}

}  // namespace

TEST_CASE("a Pareto front holds what no other point dominates, the least cost first") {
  const std::vector<double> values = {3, 1, 2, 5, 5, 4, 2}, costs = {3, 1, 2, 6, 5, 5, 2};
  CHECK(pareto(values, costs) == std::vector<size_t>{1, 2, 0, 4});
  CHECK(pareto({}, {}).empty());
  CHECK(pareto(std::vector<double>(3, 1.0), std::vector<double>(3, 1.0)) == std::vector<size_t>{0});
}

TEST_CASE("a front keeps what it is given but for what is dominated, and a staircase once") {
  Front front(4);
  front.add(at(1, -2, 0.5));
  front.add(at(2, -3, 0.6));  // dominated
  front.add(at(3, -1, 0.7));
  front.add(at(4, -4, 0.1));
  CHECK(names(front) == std::vector<int>{4, 1, 3});
  front.add(at(1, -5, 0.05));  // known by a higher quality
  CHECK(names(front) == std::vector<int>{4, 1, 3});
  front.add(at(5, -2, 0.4));  // dominates 1
  CHECK(names(front) == std::vector<int>{4, 5, 3});
  front.add(at(5, -0.5, 0.9));
  CHECK(names(front) == std::vector<int>{4, 3, 5});
  CHECK(front.members()[2].quality_gain == -0.5);
  front.add(at(6, -3, 0.2));
  front.add(at(7, -2, 0.65));  // one too many: nearest to each other are the neighbors of 3
  CHECK(names(front) == std::vector<int>{4, 6, 7, 5});
  front.add(at(8, 0, 1));  // the ends stay
  CHECK(names(front).front() == 4);
  CHECK(names(front).back() == 8);
  CHECK(front.members().size() == 4);
}
