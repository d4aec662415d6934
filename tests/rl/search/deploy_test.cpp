#include "rl/search/deploy.h"

#include <algorithm>
#include <cmath>

#include "rl/search/thresholds.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

struct Fixture {
  Rng rng{1};
  IntNet teacher{random_model(every_kind_of_layer(false), rng)};
  Dataset calibration = random_pictures(40, 1), none;
  WarmUp start = warm_up(teacher, calibration);
  StudentBuilder builder{teacher, calibration, start.statistics, true, none};
};

}  // namespace

TEST_CASE("the front of candidates is that of agreement and energy") {
  std::vector<Candidate> candidates(4);
  const double agreements[] = {0.9, 0.8, 0.95, 0.8}, energies[] = {0.4, 0.3, 0.5, 0.2};
  for (size_t i = 0; i < 4; ++i)
    candidates[i].parts.agreement = agreements[i], candidates[i].parts.energy = energies[i];
  const std::vector<Candidate> front = front_of(candidates);
  REQUIRE(front.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(front[i].parts.energy == std::vector{0.2, 0.4, 0.5}[i]);
}

TEST_CASE("candidates are ranked by held-out pictures and measured as their files answer") {
  Fixture f;
  std::vector<StaircaseSet> sets = {f.start.mse_optimal, f.start.mse_optimal};
  for (int i = 0; i < 5; ++i) sets.push_back(random_staircases(f.teacher.model(), f.rng));
  const Objective held_out(f.teacher, random_pictures(30, 5), {.batch = 15});
  const std::vector<Candidate> ranked = rescore(f.builder, held_out, sets);
  CHECK(ranked.size() == sets.size() - 1);  // one came twice
  CHECK(std::is_sorted(ranked.begin(), ranked.end(),
                       [](const Candidate& a, const Candidate& b) { return a.reward > b.reward; }));

  Dataset pictures = random_pictures(40, 7);
  const TestSet test(f.builder, f.teacher.model(), pictures);
  const Candidate mse = rescore(f.builder, held_out, {f.start.mse_optimal}).front();
  const Student chosen = finish(f.builder, held_out, ranked.front(), true);
  CHECK(!chosen.reconstructed);
  const TestReport v = deploy(test, mse, mse, std::span(ranked).first(2), chosen, 0.05, true);
  REQUIRE(v.candidates.size() == 2);
  CHECK(v.candidates[0].candidate.f == ranked[0].f);
  CHECK(v.candidates[0].uncalibrated.has_value());
  const std::vector<Candidate> front = front_of(ranked);
  for (const Candidate& c : ranked) {
    bool dominated = false;
    for (const Candidate& other : front)
      dominated |=
          other.parts.agreement >= c.parts.agreement && other.parts.energy <= c.parts.energy;
    CHECK(dominated);
  }
  CHECK(total(v.teacher.energy) == total(teacher_energy(f.teacher.model(), {})));
  CHECK(total(v.candidates[0].measures.energy) < total(v.teacher.energy));
  CHECK(v.within == (v.candidates[0].measures.accuracy >= v.teacher.accuracy - 0.05));
  CHECK(!v.selected.calibrated.has_value());
  CHECK(v.selected.measures.accuracy == v.candidates[0].measures.accuracy);
  CHECK(!deploy(test, mse, mse, std::span(ranked).first(1), chosen, -1, true).within);
  const IntNet student(f.builder.student(ranked[0].f));
  const Staircases staircases(student.model(), student.model().staircases);
  CHECK(accuracy(logits_of(student, pictures, {.staircases = &staircases}), pictures.labels(),
                 kClasses) == v.candidates[0].measures.accuracy);
  const StudentBuilder plain(f.teacher, f.calibration, f.start.statistics, false, f.calibration);
  CHECK(plain.student(ranked[0].f).quant[0].bias == f.teacher.model().quant[0].bias);
  CHECK(!plain.reconstructs());
}

TEST_CASE("a student is reconstructed where held-out pictures say so, and measured as written") {
  Fixture f;
  const Dataset more = random_pictures(200, 8);
  const StudentBuilder builder(f.teacher, f.calibration, f.start.statistics, true, more);
  const Objective held_out(f.teacher, random_pictures(60, 5), {.batch = 15});
  const Candidate best = rescore(builder, held_out, {f.start.mse_optimal}).front();
  const Student student = finish(builder, held_out, best, true);
  REQUIRE(student.reconstructed);
  CHECK(student.candidate.reward > best.reward);
  CHECK(student.candidate.f == best.f);
  CHECK(!finish(builder, held_out, best, false).reconstructed);
  Candidate unbeaten = best;
  unbeaten.reward = 0;  // no student earns more
  CHECK(!finish(builder, held_out, unbeaten, true).reconstructed);

  const Dataset pictures = random_pictures(40, 7);
  const TestSet test(builder, f.teacher.model(), pictures);
  const TestReport v = deploy(test, best, best, std::span(&best, 1), student, 0.05, true);
  const Measures measures = measure(student.model, record(IntNet(student.model), pictures),
                                    pictures, logits_of(f.teacher, pictures), {});
  CHECK(v.selected.measures.kl == measures.kl);
  CHECK(v.selected.calibrated->kl == v.candidates[0].measures.kl);
  CHECK(v.selected.measures.kl != v.selected.calibrated->kl);
  CHECK(v.selected.candidate.reward == student.candidate.reward);
}

TEST_CASE("thresholds rise where they cost least, as far as a share of the energy asks") {
  Fixture f;
  const Objective objective(f.teacher, random_pictures(60, 5), {.batch = 15});
  const StaircaseSet& set = f.start.mse_optimal;
  const IntNet student(f.builder.student(set));
  const auto energy = [&](const StaircaseSet& s) {
    return objective.on_all(student, s).parts.energy;
  };
  const auto risen = [&](double share) {
    const StaircaseSet higher = with_higher_thresholds(student, set, objective, share);
    int count = 0;
    for (size_t tap = 0; tap < set.size(); ++tap) {
      if (!set[tap]) continue;
      CHECK(higher[tap]->t1 - set[tap]->t1 == (higher[tap] != set[tap]));
      CHECK(higher[tap]->values() == set[tap]->values());
      count += higher[tap] != set[tap];
    }
    return std::pair(count, higher);
  };
  CHECK(risen(1).first == 0);
  const auto [few, little] = risen(1 - 1e-9);
  CHECK(few == 1);
  CHECK(energy(little) < energy(set));
  const auto [all, much] = risen(0.01);
  CHECK(all >= few);
  CHECK(energy(much) <= energy(little));
  // What was taken costs less for what it saves than what was not.
  const Candidate now = objective.on_all(student, set);
  double dearest = -INFINITY, next = INFINITY;
  int left = 0;
  for (size_t tap = 0; tap < set.size(); ++tap) {
    if (!set[tap] || set[tap]->t2 == 255) continue;
    StaircaseSet one = set;
    one[tap] = little[tap];
    const bool taken = one[tap] != set[tap];
    if (!taken) ++one[tap]->t1, ++one[tap]->t2;
    const Candidate c = objective.on_all(student, one);
    const double saved = now.parts.energy - c.parts.energy;
    const double price = (now.reward - c.reward) / saved;
    if (taken) dearest = std::max(dearest, price);
    if (!taken && saved > 0) next = std::min(next, price), ++left;
  }
  CHECK(left > 0);
  CHECK(dearest <= next);
}

TEST_CASE("a reconstruction that costs too much gets higher thresholds, or gives up") {
  Fixture f;
  const Dataset more = random_pictures(200, 8);
  const StudentBuilder builder(f.teacher, f.calibration, f.start.statistics, true, more);
  const Objective objective(f.teacher, random_pictures(60, 6), {.batch = 15});
  const Objective held_out(f.teacher, random_pictures(60, 5), {.batch = 15});
  const std::vector<Candidate> ranked = rescore(
      builder, held_out, {f.start.mse_optimal, random_staircases(f.teacher.model(), f.rng)});
  const Student usual = finish(builder, held_out, ranked.front(), true);
  REQUIRE(usual.reconstructed);
  const double needs = usual.candidate.parts.energy;
  const auto run = [&](double limit, std::vector<Candidate>& list) {
    return finish_within(limit, builder, objective, held_out, list, true);
  };
  std::vector<Candidate> list = ranked;
  CHECK(run(needs, list).candidate.reward == usual.candidate.reward);
  CHECK(list.front().f == ranked.front().f);

  const Student higher = run(0.99 * needs, list);
  CHECK(higher.reconstructed);
  CHECK(higher.candidate.parts.energy <= 0.99 * needs);
  CHECK(higher.candidate.f != ranked.front().f);
  CHECK(higher.candidate.reward > ranked.front().reward);
  CHECK(higher.model.staircases == higher.candidate.f);
  CHECK(higher.model.quant[0].bias == usual.model.quant[0].bias);
  REQUIRE(list.size() == ranked.size() + 1);
  CHECK(list.front().f == higher.candidate.f);
  CHECK(list.front().reward == rescored(builder, held_out, list.front().f).reward);

  // Where what comes below the limit is no better the first one stays as it is.
  list = ranked;
  const Student none = run(needs / 100, list);
  CHECK(!none.reconstructed);
  CHECK(none.candidate.f == ranked.front().f);
  CHECK(list.size() == ranked.size());
}
