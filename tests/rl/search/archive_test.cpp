#include "rl/search/archive.h"

#include <vector>

#include "tests/support/test.h"

using namespace tri;

namespace {

Candidate candidate(uint8_t t1, double reward) {
  return {.f = {TriSegment{.t1 = t1}}, .parts = {.kl = -reward}, .reward = reward};
}

Archive by_reward(size_t capacity) { return {capacity, &Candidate::reward}; }

std::vector<int> names(const Archive& archive) {
  std::vector<int> result;
  for (const Candidate& c : archive.best()) result.push_back(c.f[0]->t1);
  return result;
}

}  // namespace

TEST_CASE("the archive keeps the best, the highest reward first") {
  Archive archive = by_reward(3);
  CHECK(archive.add(candidate(1, -4)));
  CHECK(archive.add(candidate(2, -2)));
  CHECK(archive.add(candidate(3, -3)));
  CHECK(archive.add(candidate(4, -1)));
  CHECK_FALSE(archive.add(candidate(5, -9)));
  CHECK(names(archive) == std::vector<int>{4, 2, 3});
  CHECK(archive.best()[0].parts.kl == 1);
}

TEST_CASE("of equal rewards the archive prefers the one added first") {
  Archive archive = by_reward(2);
  archive.add(candidate(1, -1));
  archive.add(candidate(2, -1));
  CHECK_FALSE(archive.add(candidate(3, -1)));
  CHECK(names(archive) == std::vector<int>{1, 2});
}

TEST_CASE("the archive holds a parameter set once, with its highest reward") {
  Archive archive = by_reward(3);
  archive.add(candidate(1, -3));
  archive.add(candidate(2, -2));
  CHECK_FALSE(archive.add(candidate(1, -5)));
  CHECK_FALSE(archive.add(candidate(2, -2)));
  CHECK(names(archive) == std::vector<int>{2, 1});
  CHECK(archive.add(candidate(1, -1)));
  CHECK(names(archive) == std::vector<int>{1, 2});
}

TEST_CASE("what an archive ranks by is its owner's choice") {
  Archive archive(2, &Candidate::gain);
  for (const auto& [name, gain] : {std::pair(1, 0.1), {2, 0.3}, {3, 0.2}}) {
    Candidate c = candidate(uint8_t(name), -gain);
    c.gain = gain;
    archive.add(c);
  }
  CHECK(names(archive) == std::vector<int>{2, 3});
}

TEST_CASE("an archive of capacity 0 keeps nothing") {
  Archive archive = by_reward(0);
  CHECK_FALSE(archive.add(candidate(1, 0)));
  CHECK(archive.best().empty());
}
