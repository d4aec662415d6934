#include "rl/search.h"

#include <omp.h>

#include "data/procedural.h"
#include "rl/deploy.h"
#include "tests/random_model.h"
#include "tests/test.h"

using namespace tri;

namespace {

struct Fixture {
  Rng rng{1};
  IntNet teacher{random_model(every_kind_of_layer(false), rng)};
  Dataset pictures = procedural_pictures(40, 1);
  WarmUp start = warm_up(teacher, pictures);
  std::vector<SearchRow> rows;
  std::atomic<bool> stop{false};

  SearchOptions options(Algorithm algorithm) const {
    SearchOptions o;
    o.algorithm = algorithm, o.episodes = 45, o.pictures = 16;
    return o;
  }
  SearchResult run(const SearchOptions& o) {
    rows.clear();
    return search(
        teacher, pictures, start, {}, o, [&](const SearchRow& r) { rows.push_back(r); }, stop);
  }
};

bool same(const Archive& a, const Archive& b) {
  if (a.best().size() != b.best().size()) return false;
  for (size_t i = 0; i < a.best().size(); ++i)
    if (a.best()[i].f != b.best()[i].f || a.best()[i].reward != b.best()[i].reward) return false;
  return true;
}

}  // namespace

TEST_CASE("a search starts from the mean-square optimum and never ends below it") {
  Fixture f;
  for (const Algorithm algorithm : {Algorithm::mse, Algorithm::random, Algorithm::ppo}) {
    const SearchResult result = f.run(f.options(algorithm));
    CHECK(result.mse.f == f.start.mse_optimal);
    REQUIRE(!result.archive.best().empty());
    CHECK(result.archive.best().front().reward >= result.mse.reward);
    CHECK(result.evaluations == (algorithm == Algorithm::mse ? 1 : 60));
    CHECK(f.rows.size() == (algorithm == Algorithm::mse ? 0 : 3));
  }
  CHECK(f.rows.back().best.reward > f.rows.front().reward_mean);
}

TEST_CASE("the same seed finds the same, on one thread and on two; another seed finds another") {
  Fixture f;
  const int threads = omp_get_max_threads();
  SearchOptions o = f.options(Algorithm::ppo);
  omp_set_num_threads(1);
  const SearchResult one = f.run(o);
  omp_set_num_threads(2);
  const SearchResult two = f.run(o);
  omp_set_num_threads(threads);
  CHECK(same(one.archive, two.archive));
  o.seed = 2;
  CHECK(!same(one.archive, f.run(o).archive));
}

TEST_CASE("random search samples the prior: its policy does not change") {
  Fixture f;
  f.run(f.options(Algorithm::random));
  for (const SearchRow& row : f.rows) {
    CHECK(row.ppo.epochs == 0);
    CHECK(row.ppo.entropy == doctest::Approx(f.rows[0].ppo.entropy));
  }
  f.run(f.options(Algorithm::ppo));
  CHECK(f.rows.back().ppo.entropy != doctest::Approx(f.rows[0].ppo.entropy));
}

TEST_CASE("a search that is stopped keeps what it has") {
  Fixture f;
  f.stop = true;
  const SearchResult result = f.run(f.options(Algorithm::ppo));
  CHECK(result.evaluations == 1);
  CHECK(result.archive.best().size() == 1);
}

TEST_CASE("the most accurate candidate is chosen, and it is said whether it loses too much") {
  const auto worth = [](double accuracy, double agreement) {
    return Deployed{{}, {accuracy, agreement, 0, 0}};
  };
  const std::vector<Deployed> some = {worth(0.80, 0.97), worth(0.84, 0.90), worth(0.84, 0.91)};
  CHECK(choose(some, 0.88, 0.05, true).index == 1);
  CHECK(choose(some, 0.88, 0.05, true).within);
  CHECK(!choose(some, 0.90, 0.05, true).within);
  CHECK(choose(some, 1.0, 0.05, false).index == 0);
  CHECK(choose(some, 1.0, 0.05, false).within);
}
