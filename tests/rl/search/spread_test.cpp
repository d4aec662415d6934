// Ranks that search together (rl/search/spread.h), as threads of this process.
#include "rl/search/spread.h"

#include "engine/kernels/dispatch/isa.h"
#include "rl/search/search.h"
#include "tests/support/random_model.h"
#include "tests/support/ranks.h"
#include "tests/support/test.h"
#include "tools/cli/mpi.h"

using namespace tri;

TEST_CASE("spread over any number of ranks, a search finds and measures what it does alone") {
  Rng rng{1};
  const IntNet teacher{random_model(every_kind_of_layer(false), rng)};
  const Dataset calibration = random_pictures(40, 1), pictures = random_pictures(50, 2);
  const WarmUp start = warm_up(teacher, calibration);
  const std::atomic<bool> stop{false};
  const Dataset unseen = random_pictures(30, 3), none;
  const StudentBuilder builder(teacher, calibration, start.statistics, true, none);
  const auto found = [&](const Objective& objective, const Objective& held_out) {
    Journal journal;
    SearchOptions options;
    options.evaluations = 45;
    std::vector<double> rewards;
    const auto report = [&](const SearchRow& r, const Archive& best) {
      rewards.insert(rewards.end(), {r.reward_mean, r.reward_mse, best.best().front().gain});
    };
    const SearchResult result = search(objective, start, options, journal, report, stop);
    std::vector<StaircaseSet> sets = {start.mse_optimal, result.recommendation, start.mse_optimal};
    for (const Candidate& c : result.shortlist.best()) sets.push_back(c.f);
    const std::vector<StaircaseSet> two = {start.mse_optimal, result.recommendation};
    for (int batch = 0; batch < objective.batches(); ++batch)
      for (const RewardParts& p : objective.on_batch(batch, two)) rewards.push_back(p.kl);
    CHECK(objective.on_batch(0, {}).empty());
    for (const size_t n : {1, 2, 1})  // again and again: as many answers as students
      for (int batch = 0; batch < 2 * objective.batches(); ++batch)
        CHECK(objective.on_batch(batch % objective.batches(), {two.begin(), two.begin() + n})
                  .size() == n);
    rewards.push_back(rescore(builder, held_out, {result.recommendation}).front().reward);
    for (const Candidate& c : rescore(builder, held_out, sets))
      rewards.insert(rewards.end(), {c.reward, c.parts.kl, c.parts.energy, double(c.f[0]->t1)});
    return rewards;
  };
  const ObjectiveOptions options{.batch = 16, .weights = {.attention = 0.1, .energy = 0.5}};
  const std::vector<double> alone =
      found(Objective(teacher, pictures, options), Objective(teacher, unseen, options));
  REQUIRE(alone.size() >= 6 + 4 * 3);
  const Dataset test = random_pictures(25, 4);
  const std::vector<Model> models = {teacher.model(), builder.student(start.mse_optimal)};
  std::vector<Recording> recordings;
  for (const Model& model : models) recordings.push_back(record(IntNet(model), test));
  CHECK(recordings[0].logits == logits_of(teacher, test));
  CHECK(recordings[1].zeros > recordings[0].zeros);
  for (const int count : {1, 2, 3, 30}) {  // 30: more than an update has students
    CAPTURE(count);
    std::vector<double> spread;
    on_ranks(
        count,
        [&](const Ranks& ranks) {
          Objective objective(teacher, pictures, options), held_out(teacher, unseen, options);
          const Spread over(ranks, {objective, held_out, builder, test});
          spread = found(objective, held_out);
          for (size_t i = 0; i < models.size(); ++i) {
            const Recording r = over.record(models[i]);
            CHECK(r.logits == recordings[i].logits);
            CHECK(r.zeros == recordings[i].zeros);
            CHECK(r.values == recordings[i].values);
            const std::vector<int32_t> none(r.logits.size());
            CHECK(measure(models[i], r, test, none, {}).energy ==
                  measure(models[i], recordings[i], test, none, {}).energy);
          }
        },
        [&](const Ranks& ranks) {
          Objective objective(teacher, pictures, options), held_out(teacher, unseen, options);
          work_for(ranks, {objective, held_out, builder, test});
        });
    CHECK(spread == alone);
  }
}

TEST_CASE("what ranks answer is the same on every ISA: nodes may be of different kinds") {
  Rng rng{5};
  for (const std::vector<Layer>& layers : {every_kind_of_layer(true), residual_layers()}) {
    const Model model = random_model(layers, rng);
    const Dataset calibration = random_pictures(40, 1), pictures = random_pictures(24, 2), none;
    ObjectiveOptions options{.batch = 12, .weights = {.attention = 0.1, .energy = 0.5}};
    for (const Layer& l : model.layers)
      if (l.tap >= 0) options.attention_layers.push_back(l.name);
    std::vector<double> first;
    for (const Isa isa : runnable_isas()) {
      CAPTURE(isa_name(isa));
      set_isa(isa_name(isa));
      const IntNet teacher(model);
      const WarmUp start = warm_up(teacher, calibration);
      const StudentBuilder builder(teacher, calibration, start.statistics, true, none);
      const Objective objective(teacher, pictures, options);
      std::vector<double> answers;
      std::vector<StaircaseSet> students(3, start.mse_optimal);
      students[1].front().reset(), students[2].back()->t2 = 254;
      for (int batch = 0; batch < objective.batches(); ++batch)
        for (const RewardParts& p : objective.on_batch(batch, students))
          answers.insert(answers.end(), {p.kl, p.attention, p.agreement, p.energy});
      for (const StaircaseSet& set : students) {
        const Candidate c = rescored(builder, objective, set);
        answers.insert(answers.end(), {c.reward, c.parts.kl, c.parts.attention, c.parts.energy});
        for (const int32_t logit : record(IntNet(builder.student(set)), pictures).logits)
          answers.push_back(logit);
      }
      if (first.empty()) first = answers;
      CHECK(answers == first);
      CHECK(answers[1] > 0);
    }
  }
  set_isa("");
}

TEST_CASE("ranks that differ are refused in all of them, by what differs") {
  std::string said[3];
  const auto check = [&](const Ranks& ranks, const std::string& identity) {
    try {
      require_alike(ranks, identity);
    } catch (const Error& error) {
      said[ranks.rank()] = error.what();
    }
  };
  const auto same = [&](const Ranks& ranks) { check(ranks, "build=1\ndata=2"); };
  on_ranks(3, same, same);
  CHECK(said[0].empty());
  on_ranks(3, same, [&](const Ranks& ranks) {
    check(ranks, ranks.rank() == 2 ? "build=1\ndata=3" : "build=1\ndata=2");
  });
  for (const std::string& text : said) {
    CHECK(text.find("rank 2 (host=") == 0);
    CHECK(text.find("data=3, not data=2") != std::string::npos);
  }
}
