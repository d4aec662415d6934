#include "rl/archive.h"

#include <vector>

#include "tests/test.h"

using namespace tri;

namespace {

Candidate candidate(uint8_t t1, double reward) {
  return {.f = {TriSegment{.t1 = t1}}, .reward = reward, .kl = -reward, .attention = 0};
}

std::vector<int> names(const Archive& archive) {
  std::vector<int> result;
  for (const Candidate& c : archive.best()) result.push_back(c.f[0]->t1);
  return result;
}

}  // namespace

TEST_CASE("the archive keeps the best, the highest reward first") {
  Archive archive(3);
  CHECK(archive.add(candidate(1, -4)));
  CHECK(archive.add(candidate(2, -2)));
  CHECK(archive.add(candidate(3, -3)));
  CHECK(archive.add(candidate(4, -1)));
  CHECK_FALSE(archive.add(candidate(5, -9)));
  CHECK(names(archive) == std::vector<int>{4, 2, 3});
  CHECK(archive.best()[0].kl == 1);
}

TEST_CASE("of equal rewards the archive prefers the one added first") {
  Archive archive(2);
  archive.add(candidate(1, -1));
  archive.add(candidate(2, -1));
  CHECK_FALSE(archive.add(candidate(3, -1)));
  CHECK(names(archive) == std::vector<int>{1, 2});
}

TEST_CASE("the archive holds a parameter set once, with its highest reward") {
  Archive archive(3);
  archive.add(candidate(1, -3));
  archive.add(candidate(2, -2));
  CHECK_FALSE(archive.add(candidate(1, -5)));
  CHECK_FALSE(archive.add(candidate(2, -2)));
  CHECK(names(archive) == std::vector<int>{2, 1});
  CHECK(archive.add(candidate(1, -1)));
  CHECK(names(archive) == std::vector<int>{1, 2});
}

TEST_CASE("an archive of capacity 0 keeps nothing") {
  Archive archive(0);
  CHECK_FALSE(archive.add(candidate(1, 0)));
  CHECK(archive.best().empty());
}
