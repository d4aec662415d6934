#include "rl/search/budget.h"

#include <algorithm>
#include <cmath>

#include "rl/search/search.h"
#include "rl/search/trials.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Approx;

namespace {

constexpr TapKind kKinds[] = {TapKind::eight_bits, TapKind::three_levels, TapKind::two_levels};

struct Fixture {
  Rng rng{1};
  IntNet teacher;
  Dataset pictures = random_pictures(40, 1);
  WarmUp start = warm_up(teacher, pictures);
  EnergyEstimate estimate{teacher.model(), start.read, {}};
  size_t taps = size_t(teacher.model().taps());
  Mixture mixture = Mixture::mean_square(start.histograms, fixed(), TapKinds(taps));

  explicit Fixture(bool residual = false)
      : teacher(random_model(residual ? residual_layers() : every_kind_of_layer(false), rng)) {}
  std::vector<bool> fixed() const {
    std::vector<bool> fixed(taps);
    fixed[2] = true;
    return fixed;
  }
  TapLosses random_losses() {
    TapLosses losses(taps);
    for (auto& of_tap : losses) of_tap = {0, rng.uniform(), 0.5 + 2 * rng.uniform()};
    return losses;
  }
  Mixture random_mixture() {
    Mixture m = mixture;
    for (size_t tap = 0; tap < taps; ++tap)
      if (m.is_free(tap)) m.kinds[tap] = kKinds[rng.below(3)];
    return m;
  }
  // Of a student as it runs, not calibrated.
  double measured(const StaircaseSet& set) const {
    const Staircases staircases(teacher.model(), set);
    EventRecorder events(teacher.model().layers.size());
    Workspace workspace;
    std::vector<int32_t> logits(size_t(pictures.size()) * kClasses);
    teacher.forward({.staircases = &staircases, .observer = &events}, pictures.pixels().data(),
                    pictures.size(), logits.data(), workspace);
    return total(energy(teacher.model(), set, events.events(), {}));
  }
};

}  // namespace

TEST_CASE("energies are estimated from the teacher's codes, tap by tap, through pools and sums") {
  for (const bool residual : {false, true}) {
    const Fixture f(residual);
    const double teacher = total(teacher_energy(f.teacher.model(), {}));
    CHECK(f.estimate(StaircaseSet(f.taps)) == Approx(teacher));
    StaircaseSet all(f.taps);
    double sum = teacher;
    for (size_t tap = 0; tap < f.taps; ++tap) {
      const StaircaseSet of_kind[] = {{mse_optimal(f.start.histograms[tap])},
                                      {mse_optimal_two(f.start.histograms[tap])},
                                      {TriSegment{20, 0, 90, 100}}};
      for (const StaircaseSet& one : of_kind) {
        StaircaseSet alone(f.taps);
        alone[tap] = one[0];
        // Codes before the tap's readers are the teacher's, and all behind have 8 bits.
        CHECK(f.estimate(alone) == Approx(f.measured(alone)).epsilon(1e-12));
        CHECK(f.estimate.change(tap, one[0]) == Approx(f.estimate(alone) - teacher));
      }
      all[tap] = of_kind[tap % 3][0];
      sum += f.estimate.change(tap, all[tap]);
    }
    CHECK(f.estimate(all) == Approx(sum));
    CHECK(f.estimate(all) < teacher);
  }
}

TEST_CASE("what is projected to a budget fits, and no tap has fewer levels than it must") {
  Fixture f;
  const Budget any(f.estimate, f.mixture, f.random_losses(), 0);
  const double least = f.estimate(any.cheapest().staircases());
  const double most = f.estimate(StaircaseSet(f.taps));
  int changes = 0;
  for (int round = 0; round < 200; ++round) {
    const Mixture proposed = f.random_mixture();
    const Budget budget = any.with_limit(least + (most - least) * f.rng.uniform());
    const Mixture fitted = budget.project(proposed);
    REQUIRE(budget.fits(fitted.staircases()));
    CHECK(budget.project(fitted).kinds == fitted.kinds);
    if (budget.fits(proposed.staircases())) CHECK(fitted.kinds == proposed.kinds);
    for (size_t tap = 0; tap < f.taps; ++tap) {
      CHECK(fitted.kinds[tap] >= proposed.kinds[tap]);
      for (const TapKind kind : kKinds) {
        if (kind < proposed.kinds[tap] || kind >= fitted.kinds[tap]) continue;
        ++changes;
        Mixture back = fitted;
        back.kinds[tap] = kind;
        CHECK(!budget.fits(back.staircases()));
      }
    }
  }
  CHECK(changes > 100);
  // Where nothing helps it is the cheapest of all, which need not fit.
  CHECK(any.project(f.random_mixture()).kinds == any.cheapest().kinds);
}

TEST_CASE("the tap that loses least for its energy gets fewer levels first") {
  Fixture f;
  const double all = f.estimate(StaircaseSet(f.taps));
  const auto saved = [&](size_t tap) { return -f.estimate.change(tap, f.mixture.three[tap]); };
  for (const size_t cheap : {size_t(0), size_t(1)}) {
    const size_t dear = 1 - cheap;
    TapLosses losses(f.taps, {0, 100, 1000});
    losses[cheap][1] = 0.9 * saved(cheap), losses[dear][1] = 1.1 * saved(dear);
    for (auto& of_tap : losses)
      if (of_tap[1] == 100) of_tap = {0, 1e9, 1e10};
    losses[cheap][2] = losses[dear][2] = 1e10;
    const Budget budget(f.estimate, f.mixture, losses, all - 0.5 * saved(cheap));
    const Mixture fitted = budget.project(f.mixture);
    CHECK(fitted.kinds[cheap] == TapKind::three_levels);
    CHECK(std::count(fitted.kinds.begin(), fitted.kinds.end(), TapKind::eight_bits) ==
          int(f.taps) - 1);
  }
}

TEST_CASE("what a proposal leaves of the budget goes to levels, until none fits that would gain") {
  Fixture f;
  const TapLosses losses = f.random_losses();
  const Budget any(f.estimate, f.mixture, losses, 0);
  int changes = 0;
  for (int round = 0; round < 200; ++round) {
    const Mixture proposed = f.random_mixture();
    const double least = f.estimate(proposed.staircases());
    const double most = f.estimate(StaircaseSet(f.taps));
    const Budget budget = any.with_limit(least + (most - least) * f.rng.uniform());
    const Budget shared_out = budget.with_limit((1 - Budget::kRoom) * budget.limit());
    const Mixture fitted = budget.fitted(proposed);
    REQUIRE(budget.fits(fitted.staircases()));
    for (size_t tap = 0; tap < f.taps; ++tap) {
      CHECK(fitted.kinds[tap] <= proposed.kinds[tap]);
      const bool more_levels = fitted.kinds[tap] < proposed.kinds[tap];
      changes += more_levels;
      if (more_levels) CHECK(shared_out.fits(fitted.staircases()));
      for (const TapKind kind : kKinds) {
        if (kind >= fitted.kinds[tap] || !fitted.is_free(tap)) continue;
        Mixture more = fitted;
        more.kinds[tap] = kind;
        const bool gains = losses[tap][size_t(kind)] < losses[tap][size_t(fitted.kinds[tap])];
        const bool costs = f.estimate(more.staircases()) > f.estimate(fitted.staircases());
        if (gains && costs) CHECK(!shared_out.fits(more.staircases()));
      }
    }
  }
  CHECK(changes > 100);
}

TEST_CASE("the tap that gains most for its energy gets levels first") {
  Fixture f;
  Mixture three = f.mixture;
  for (size_t tap = 0; tap < f.taps; ++tap)
    if (three.is_free(tap)) three.kinds[tap] = TapKind::three_levels;
  const double all = f.estimate(three.staircases());
  const auto saved = [&](size_t tap) { return -f.estimate.change(tap, f.mixture.three[tap]); };
  const double left = 1.001 * std::max(saved(0), saved(1));  // for either, not for both
  for (const size_t cheap : {size_t(0), size_t(1)}) {
    const size_t dear = 1 - cheap;
    TapLosses losses(f.taps, {0, 0, 1e10});
    losses[cheap][1] = 1.1 * saved(cheap), losses[dear][1] = 0.9 * saved(dear);
    const Budget budget(f.estimate, f.mixture, losses, (all + left) / (1 - Budget::kRoom));
    const Mixture fitted = budget.fitted(three);
    CHECK(fitted.kinds[cheap] == TapKind::eight_bits);
    CHECK(fitted.kinds[dear] == TapKind::three_levels);
  }
}

TEST_CASE("no proposal of a search costs too much, or leaves what would pay for more levels") {
  Fixture f;
  const TapLosses losses = f.random_losses();
  const Budget any(f.estimate, f.mixture, losses, 0);
  const double least = f.estimate(any.cheapest().staircases());
  const double most = f.estimate(StaircaseSet(f.taps));
  const Budget budget = any.with_limit(0.5 * (least + most));
  const Budget shared_out = budget.with_limit((1 - Budget::kRoom) * budget.limit());
  f.start.mixing = {budget.project(f.mixture), budget, budget.allocation().kinds};
  const Objective objective(f.teacher, f.pictures, {.batch = 20});
  for (const char* algorithm : {"random", "ppo"}) {
    SearchOptions options;
    options.algorithm = algorithm, options.evaluations = 64, options.shortlist = 64;
    Journal journal;
    std::atomic<bool> stop{false};
    const auto untold = [](const SearchRow&, const Archive&) {};
    const SearchResult found = search(objective, f.start, options, journal, untold, stop);
    std::vector<StaircaseSet> proposed = {found.recommendation};
    for (const Candidate& c : found.shortlist.best()) proposed.push_back(c.f);
    REQUIRE(proposed.size() > 10);
    for (const StaircaseSet& set : proposed) {
      CHECK(budget.fits(set));
      for (size_t tap = 0; tap < f.taps; ++tap) {
        StaircaseSet more = set;
        more[tap].reset();
        if (set[tap]) CHECK(!shared_out.fits(more));
      }
    }
  }
}

TEST_CASE("an allocation loses least of all mixtures that fit") {
  Fixture f;
  for (const double part : {0.05, 0.3, 0.7}) {
    const TapLosses losses = f.random_losses();
    const Budget any(f.estimate, f.mixture, losses, 0);
    const double least = f.estimate(any.cheapest().staircases());
    const Budget budget = any.with_limit(least + part * (f.estimate(StaircaseSet(f.taps)) - least));
    const auto loss = [&](const Mixture& m) {
      double sum = 0;
      for (size_t tap = 0; tap < f.taps; ++tap) sum += losses[tap][size_t(m.kinds[tap])];
      return sum;
    };
    const Mixture allocated = budget.allocation();
    CHECK(budget.fits(allocated.staircases()));
    for (int round = 0; round < 100; ++round) {
      const Mixture other = budget.with_limit(budget.limit() * 0.999).project(f.random_mixture());
      CHECK(loss(allocated) <= loss(other) + 1e-9);
    }
    CHECK(allocated.kinds[2] == TapKind::eight_bits);  // fixed
  }
}

TEST_CASE("trials tell what each kind of each tap alone loses, and a journal replays them") {
  Fixture f;
  const Objective objective(f.teacher, f.pictures, {.batch = 15, .weights = {.energy = 3}});
  Mixture own = f.mixture;
  for (size_t tap = 0; tap < f.taps; ++tap)
    if (own.is_free(tap)) own.kinds[tap] = TapKind::three_levels;
  Journal journal;
  const Trials trials = run_trials(objective, own, journal);
  REQUIRE(objective.batches() == 2);
  CHECK(trials.evaluations == 2 * 2 * int(f.taps - 1));
  CHECK(trials.losses[2] == std::array<double, 3>{});  // fixed
  const auto quality = [&](const StaircaseSet& set) {
    double sum = 0;
    for (int batch = 0; batch < 2; ++batch)
      sum += objective.quality(objective.on_batch(batch, {set}).front()) / 2;
    return sum;
  };
  StaircaseSet changed = own.staircases();
  changed[3] = own.two[3];
  const double before = quality(own.staircases());
  CHECK(std::abs(trials.losses[3][2] - (before - quality(changed))) < 1e-12);
  changed[3].reset();
  CHECK(std::abs(trials.losses[3][0] - (before - quality(changed))) < 1e-12);
  CHECK(trials.losses[3][1] == 0);

  CHECK(journal.updates() == 2);
  const Objective elsewhere(f.teacher, random_pictures(40, 9), {.batch = 15});
  CHECK(run_trials(elsewhere, own, journal).losses == trials.losses);
  CHECK(journal.updates() == 2);
}
