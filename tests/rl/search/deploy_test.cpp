#include "rl/search/deploy.h"

#include <algorithm>

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
  const TestSet test(f.builder, f.teacher, pictures);
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
  const TestSet test(builder, f.teacher, pictures);
  const TestReport v = deploy(test, best, best, std::span(&best, 1), student, 0.05, true);
  const IntNet written(student.model);
  const Staircases staircases(written.model(), written.model().staircases);
  const Measures measures =
      measure(written, pictures, logits_of(f.teacher, pictures), staircases, {});
  CHECK(v.selected.measures.kl == measures.kl);
  CHECK(v.selected.calibrated->kl == v.candidates[0].measures.kl);
  CHECK(v.selected.measures.kl != v.selected.calibrated->kl);
  CHECK(v.selected.candidate.reward == student.candidate.reward);
}
