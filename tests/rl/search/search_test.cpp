#include "rl/search/search.h"

#include <omp.h>

#include <algorithm>

#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

struct Fixture {
  Rng rng{1};
  IntNet teacher{random_model(every_kind_of_layer(false), rng)};
  Dataset calibration = random_pictures(40, 1), pictures = random_pictures(50, 2);
  WarmUp start = warm_up(teacher, calibration);
  Objective objective{teacher, pictures, {.batch = 16}};
  std::vector<SearchRow> rows;
  std::atomic<bool> stop{false};
  int stop_after = -1;  // updates
  int evaluations = 65;
  std::optional<Agent> agent = {};
  Parametrization::Widths widths;
  const Objective* judge = &objective;

  SearchResult run(const std::string& algorithm, uint64_t seed = 1) {
    Journal journal;
    return run(algorithm, seed, journal);
  }
  SearchResult run(const std::string& algorithm, uint64_t seed, Journal& journal) {
    SearchOptions o;
    o.algorithm = algorithm, o.evaluations = evaluations, o.seed = seed, o.widths = widths;
    o.agent = agent;
    rows.clear();
    const auto report = [&](const SearchRow& r, const Archive&) {
      rows.push_back(r);
      if (int(rows.size()) == stop_after) stop = true;
    };
    return search(*judge, start, o, journal, report, stop);
  }
};

bool same(const Archive& a, const Archive& b) {
  if (a.best().size() != b.best().size()) return false;
  for (size_t i = 0; i < a.best().size(); ++i)
    if (a.best()[i].f != b.best()[i].f || a.best()[i].gain != b.best()[i].gain) return false;
  return true;
}

// The student that a search judges: corrected by mean and spread.
Model judged(const IntNet& teacher, const StaircaseSet& set, const Dataset& pictures) {
  const ChannelStatistics statistics = run_teacher(teacher, pictures.pixels()).statistics;
  const Staircases staircases(teacher.model(), set);
  StudentCalibrator calibrator(teacher.model(), statistics, staircases);
  const int n = pictures.size();
  std::vector<int32_t> logits(size_t(n) * kClasses);
  Workspace workspace;
  teacher.forward({.staircases = &staircases, .calibrator = &calibrator}, pictures.picture(0), n,
                  logits.data(), workspace);
  return calibrator.student();
}

}  // namespace

TEST_CASE("students are judged calibrated, on one batch of pictures at a time") {
  Fixture f;
  REQUIRE(f.objective.batches() == 3);  // 50 pictures in batches of 16
  const std::vector<StaircaseSet> students(5, f.start.mse_optimal);
  const RewardParts first = f.objective.on_batch(0, students).back();
  CHECK(first.kl != f.objective.on_batch(1, students).back().kl);

  // By hand: the batch's own statistics, and the student of the file on the same pictures.
  const Dataset pictures = f.pictures.slice(0, 16);
  const IntNet student(judged(f.teacher, students[0], pictures));
  const Staircases staircases(student.model(), students[0]);
  Workspace workspace;
  CHECK(Judge(f.teacher, pictures, {})(student, staircases, workspace).kl == first.kl);

  const Objective plain(f.teacher, f.pictures, {.batch = 16, .calibrate = false});
  double kl = 0, reward = 0;
  for (int batch = 0; batch < 3; ++batch) {
    const RewardParts parts = plain.on_batch(batch, students).front();
    kl += parts.kl / 3;
    reward += plain.reward(parts) / 3;
  }
  CHECK(reward != plain.reward(first));
  const Candidate all = plain.on_all(f.teacher, students[0]);
  CHECK(all.f == students[0]);
  CHECK(all.parts.kl == doctest::Approx(kl));
  CHECK(all.reward == doctest::Approx(reward));
}

TEST_CASE("students judged together get what each gets alone, wherever they begin to differ") {
  Fixture f;
  const StaircaseSet& start = f.start.mse_optimal;
  for (const bool calibrate : {false, true}) {
    const Objective objective(f.teacher, f.pictures,
                              {.batch = 16,
                               .attention_layers = {"conv1", "conv2", "conv3"},
                               .weights = {.energy = 0.1},
                               .calibrate = calibrate});
    for (size_t tap = 0; tap < start.size(); ++tap) {
      CAPTURE(calibrate);
      CAPTURE(tap);
      std::vector<StaircaseSet> students(3, start);
      students[1][tap] = TriSegment{30, 60, 90, 120};
      students[2][tap].reset();
      if (tap + 1 < start.size()) students[0].back().reset(), students[1].back().reset();
      const std::vector<RewardParts> together = objective.on_batch(1, students);
      for (size_t i = 0; i < students.size(); ++i) {
        const RewardParts alone = objective.on_batch(1, {students[i]}).front();
        CHECK(together[i].kl == alone.kl);
        CHECK(together[i].attention == alone.attention);
        CHECK(together[i].agreement == alone.agreement);
        CHECK(together[i].energy == alone.energy);
      }
    }
    CHECK(objective.on_batch(0, {start, start}).back().kl ==
          objective.on_batch(0, {start}).front().kl);
  }
}

TEST_CASE("energy counts in the reward by its weight, and is not counted without one") {
  Fixture f;
  const StaircaseSet& start = f.start.mse_optimal;
  const EnergyTable table{.multiply8 = 5};
  const Objective weighted(f.teacher, f.pictures,
                           {.batch = 16, .weights = {.energy = 0.5}, .energy_table = table});
  const RewardParts plain = f.objective.on_batch(0, {start}).front();
  const RewardParts p = weighted.on_batch(0, {start}).front();
  CHECK(plain.energy == 0);
  CHECK(p.kl == plain.kl);
  CHECK(p.energy > 0);
  CHECK(weighted.reward(p) == f.objective.reward(plain) - 0.5 * p.energy);
  CHECK(weighted.quality(p) == f.objective.reward(plain));

  // By hand: the calibrated student's events on these pictures.
  const Dataset pictures = f.pictures.slice(0, 16);
  const IntNet student(judged(f.teacher, start, pictures));
  const Staircases staircases(student.model(), start);
  EventRecorder events(student.model().layers.size());
  std::vector<int32_t> logits(16 * kClasses);
  Workspace workspace;
  student.forward({.staircases = &staircases, .observer = &events}, pictures.picture(0), 16,
                  logits.data(), workspace);
  CHECK(p.energy == doctest::Approx(total(energy(student.model(), start, events.events(), table)) /
                                    total(teacher_energy(student.model(), table))));
  // Over all batches it is counted, whatever its weight.
  const Candidate all = f.objective.on_all(f.teacher, start);
  CHECK(all.parts.energy > 0);
  CHECK(all.reward == doctest::Approx(-all.parts.kl - 0.1 * all.parts.attention));
  const Candidate with_energy = weighted.on_all(f.teacher, start);
  CHECK(with_energy.reward == doctest::Approx(all.reward - 0.5 * with_energy.parts.energy));
}

TEST_CASE("a search whose reward weighs energy finds students that cost less, and keeps a front") {
  Fixture f;
  f.widths = {8, 12};  // so that students differ in energy as in quality
  const Objective weighted(f.teacher, f.pictures, {.batch = 16, .weights = {.energy = 20}});
  CHECK(f.run("cem").front.members().empty());
  const SearchResult quality = f.run("cem");
  f.judge = &weighted;
  Journal journal;
  const SearchResult found = f.run("cem", 1, journal);
  const auto cost = [&](const Candidate& c) {
    return f.objective.on_all(f.teacher, c.f).parts.energy;
  };
  CHECK(cost(found.shortlist.best()[0]) < cost(quality.shortlist.best()[0]));

  // Every student evaluated is one of the front or dominated by one.
  const std::vector<Candidate>& front = found.front.members();
  REQUIRE(front.size() > 1);
  CHECK(front.size() <= SearchOptions().front);
  for (size_t i = 1; i < front.size(); ++i) {
    CHECK(front[i].parts.energy > front[i - 1].parts.energy);
    CHECK(front[i].quality_gain > front[i - 1].quality_gain);
  }
  double least = 1, best = -1e9;
  for (const Evaluation& e : journal.of("cem", 1))
    for (const RewardParts& p : e.parts) {
      least = std::min(least, p.energy);
      best = std::max(best, weighted.quality(p) - weighted.quality(e.mse));
    }
  CHECK(front.front().parts.energy == least);
  CHECK(front.back().quality_gain == best);

  // Replayed, and on another number of threads, it is the same.
  const int threads = omp_get_max_threads();
  omp_set_num_threads(3 - std::min(threads, 2));
  Journal anew;
  for (Journal* j : {&journal, &anew}) {
    const SearchResult again = f.run("cem", 1, *j);
    CHECK(same(again.shortlist, found.shortlist));
    REQUIRE(again.front.members().size() == front.size());
    for (size_t i = 0; i < front.size(); ++i) {
      CHECK(again.front.members()[i].f == front[i].f);
      CHECK(again.front.members()[i].parts.energy == front[i].parts.energy);
      CHECK(again.front.members()[i].quality_gain == front[i].quality_gain);
    }
  }
  omp_set_num_threads(threads);
}

TEST_CASE("a search evaluates what it was given at most, and lists the best gains over the start") {
  Fixture f;
  const std::vector<std::pair<std::string, int>> expected = {
      {"mse", 0},  {"sensitivity", 0}, {"random", 60}, {"grid", 36},
      {"cem", 60}, {"ppo", 60},        {"greedy", 60}};
  for (const auto& [name, evaluations] : expected) {
    const std::string& algorithm = name;
    CAPTURE(algorithm);
    const SearchResult result = f.run(algorithm);
    CHECK(result.evaluations == evaluations);
    if (evaluations == 0) continue;
    CHECK(f.rows.back().evaluations == evaluations);
    double gain = -1e9;
    for (const SearchRow& row : f.rows) {
      CHECK(row.best.reward >= row.reward_mean);
      gain = std::max(gain, row.best.reward - row.reward_mse);
    }
    REQUIRE(!result.shortlist.best().empty());
    CHECK(result.shortlist.best().front().gain == gain);
    CHECK(gain >= 0);
  }
  CHECK(f.run("mse").recommendation == f.start.mse_optimal);
}

TEST_CASE("the same seed finds the same, on one thread and on two; another seed finds another") {
  Fixture f;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const SearchResult one = f.run("ppo");
  omp_set_num_threads(2);
  const SearchResult two = f.run("ppo");
  omp_set_num_threads(threads);
  CHECK(same(one.shortlist, two.shortlist));
  CHECK(one.recommendation == two.recommendation);
  CHECK(!same(one.shortlist, f.run("ppo", 2).shortlist));
}

TEST_CASE("an agent's guess is kept, as learning may lead away from it") {
  Fixture f;
  f.agent = f.run("ppo").agent;
  f.evaluations = 0;
  const SearchResult guessed = f.run("ppo");
  CHECK(!guessed.guess);  // it is the recommendation
  f.evaluations = 65;
  const SearchResult found = f.run("ppo");
  REQUIRE(found.guess);
  CHECK(*found.guess == guessed.recommendation);
  CHECK(*found.guess != found.recommendation);
  f.agent.reset();
  CHECK(!f.run("ppo").guess);
}

TEST_CASE("a search broken off after any update and gone on with ends as the unbroken one does") {
  Fixture f;
  const auto numbers = [](const SearchRow& r) {
    return std::vector<double>{double(r.evaluations), r.reward_mean,       r.best.reward,
                               r.reward_mse,          r.ppo.entropy,       r.ppo.approx_kl,
                               r.ppo.value_loss,      r.ppo.clip_fraction, r.best.parts.kl};
  };
  for (const std::string& algorithm : algorithm_names()) {
    CAPTURE(algorithm);
    f.stop_after = -1;
    Journal unbroken;
    const SearchResult whole = f.run(algorithm, 1, unbroken);
    const std::vector<SearchRow> rows = f.rows;
    for (int updates = 0; updates <= int(rows.size()); updates += 1 + updates) {  // 0, 1, 3
      CAPTURE(updates);
      Journal journal;
      f.stop = updates == 0;
      f.stop_after = updates;
      const SearchResult broken = f.run(algorithm, 1, journal);
      CHECK(broken.evaluations == (updates ? rows[size_t(updates) - 1].evaluations : 0));
      CHECK(journal.updates() == updates);
      const double seconds = updates ? f.rows.back().seconds : 0;
      f.stop = false;
      f.stop_after = -1;
      const SearchResult found = f.run(algorithm, 1, journal);
      CHECK(same(found.shortlist, whole.shortlist));
      CHECK(found.recommendation == whole.recommendation);
      CHECK(found.evaluations == whole.evaluations);
      CHECK(found.seconds >= seconds);
      REQUIRE(f.rows.size() == rows.size());
      for (size_t i = 0; i < rows.size(); ++i) {
        CHECK(numbers(f.rows[i]) == numbers(rows[i]));
        CHECK(f.rows[i].replayed == (int(i) < updates));
        if (i > 0) CHECK(f.rows[i].seconds >= f.rows[i - 1].seconds);
      }
    }
    // A replay evaluates nothing: other pictures change nothing, and what is known is not stopped.
    const Objective elsewhere(f.teacher, random_pictures(50, 9), {.batch = 16});
    f.judge = &elsewhere;
    f.stop = true;
    CHECK(same(f.run(algorithm, 1, unbroken).shortlist, whole.shortlist));
    f.stop = false;
    CHECK(same(f.run(algorithm).shortlist, whole.shortlist) == (whole.evaluations == 0));
    f.judge = &f.objective;
  }
}

TEST_CASE("a journal serves a longer search, and is refused where other students are proposed") {
  Fixture f;
  Journal journal;
  f.stop_after = 1;
  f.run("ppo", 1, journal);
  f.stop = false;
  CHECK(f.run("ppo", 2, journal).evaluations == 20);  // another seed starts anew
  CHECK(!f.rows[0].replayed);
  f.stop = false;
  f.widths.residual = 11;
  CHECK_THROWS_WITH_AS(f.run("ppo", 1, journal), doctest::Contains("went another way"), Error);
}

TEST_CASE("random search samples the prior: its policy does not change") {
  Fixture f;
  f.run("random");
  for (const SearchRow& row : f.rows) {
    CHECK(row.ppo.epochs == 0);
    CHECK(row.ppo.entropy == doctest::Approx(f.rows[0].ppo.entropy));
  }
  f.run("ppo");
  CHECK(f.rows.back().ppo.entropy != doctest::Approx(f.rows[0].ppo.entropy));
}

TEST_CASE("a search that is stopped keeps what it has") {
  Fixture f;
  f.stop = true;
  const SearchResult result = f.run("ppo");
  CHECK(result.evaluations == 0);
  CHECK(result.shortlist.best().empty());
  CHECK(int(result.recommendation.size()) == f.teacher.model().taps());
}

TEST_CASE("layers without a staircase stay without, and the most sensitive ones can be found") {
  Fixture f;
  const std::vector<int> sensitive = most_sensitive(f.objective, f.start, 2);
  REQUIRE(sensitive.size() == 2);
  std::vector<double> rewards;
  for (int tap = 0; tap < f.teacher.model().taps(); ++tap) {
    StaircaseSet kept = f.start.mse_optimal;
    kept[size_t(tap)].reset();
    double sum = 0;
    for (int batch = 0; batch < f.objective.batches(); ++batch)
      sum += f.objective.reward(f.objective.on_batch(batch, {kept}).front());
    rewards.push_back(sum);
  }
  CHECK(sensitive[0] == std::max_element(rewards.begin(), rewards.end()) - rewards.begin());

  f.start.mse_optimal[size_t(sensitive[0])].reset();
  const SearchResult result = f.run("ppo");
  for (const Candidate& c : result.shortlist.best())
    for (size_t tap = 0; tap < c.f.size(); ++tap)
      CHECK(c.f[tap].has_value() == (int(tap) != sensitive[0]));
}
