#include "rl/search/search.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "engine/integer/observers.h"
#include "rl/agent/state.h"
#include "rl/search/evaluator.h"

namespace tri {

WarmUp warm_up(const IntNet& teacher, const Dataset& pictures) {
  HistogramRecorder recorder(teacher.model().taps());
  InputHistogramRecorder read(teacher.model().layers.size());
  Observers both({&recorder, &read});
  TeacherRun run = run_teacher(teacher, pictures.pixels(), &both, true);
  WarmUp start{recorder.histograms(),
               {},
               std::move(run.statistics),
               read.histograms(),
               layer_states(recorder.histograms())};
  for (const Histogram& histogram : start.histograms)
    start.mse_optimal.push_back(mse_optimal(histogram).ordered());
  return start;
}

namespace {

Parametrization parametrization_of(const WarmUp& start, const SearchOptions& options) {
  if (start.mixing)
    return options.prior ? Parametrization::centered(start.mixing->start, options.widths)
                         : Parametrization::raw(start.mixing->start);
  return options.prior ? Parametrization::centered(start.mse_optimal, options.widths)
                       : Parametrization::raw(start.mse_optimal);
}

std::unique_ptr<SearchAlgorithm> algorithm_of(const Parametrization& parametrization,
                                              const WarmUp& start, const SearchOptions& options,
                                              std::span<const Lesson> lessons = {}) {
  return make_algorithm(options.algorithm,
                        {parametrization, start.states, options.hyperparameters, options.seed,
                         start.mixing ? &start.mixing->allocation : nullptr,
                         options.agent ? &*options.agent : nullptr, options.portable, lessons});
}

// What the actions make, brought to the budget if there is one.
StaircaseSet staircases_of(const Parametrization& parametrization, const WarmUp& start,
                           const Actions& actions) {
  if (!start.mixing) return parametrization.staircases(actions);
  return start.mixing->budget.fitted(parametrization.mixture(actions)).staircases();
}

std::vector<StaircaseSet> students_of(const Parametrization& parametrization, const WarmUp& start,
                                      const std::vector<Actions>& proposed) {
  std::vector<StaircaseSet> students;
  for (const Actions& actions : proposed)
    students.push_back(staircases_of(parametrization, start, actions));
  return students;
}

// The students of one update, in turn on each batch of the subject's pictures.
Lesson lesson_of(const Subject& subject, const SearchOptions& options) {
  const Parametrization parametrization = parametrization_of(subject.start, options);
  const auto reward = [&subject, parametrization,
                       evaluator =
                           std::make_shared<Evaluator>(subject.objective, subject.start.start(),
                                                       options.seed, std::vector<Evaluation>()),
                       update = size_t(0)](const std::vector<Actions>& proposed) mutable {
    const auto students = students_of(parametrization, subject.start, proposed);
    std::vector<double> rewards;
    for (const RewardParts& parts : evaluator->evaluate(update++, students).parts)
      rewards.push_back(subject.objective.reward(parts));
    return rewards;
  };
  return {parametrization, subject.start.states, reward};
}

}  // namespace

int first_population(const WarmUp& start, const SearchOptions& options) {
  return algorithm_of(parametrization_of(start, options), start, options)->population_size();
}

SearchResult search(const Objective& objective, const WarmUp& start, const SearchOptions& options,
                    Journal& journal, const Report& report, const std::atomic<bool>& stop,
                    std::span<const Subject> subjects) {
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  auto begin = Clock::now();
  const Parametrization parametrization = parametrization_of(start, options);
  std::vector<Lesson> lessons;
  for (const Subject& subject : subjects) lessons.push_back(lesson_of(subject, options));
  const auto algorithm = algorithm_of(parametrization, start, options, lessons);
  Evaluator evaluator(objective, start.start(), options.seed,
                      journal.of(options.algorithm, options.seed));
  const auto recommended = [&] {
    return staircases_of(parametrization, start, algorithm->recommendation());
  };
  SearchResult result{Archive(options.shortlist, &Candidate::gain), Front(options.front), {}};
  if (options.agent && options.evaluations > 0) result.guess = recommended();
  for (size_t update = 0;; ++update) {
    const int population = algorithm->population_size();
    if (population == 0 || options.evaluations == 0) break;
    if (update > 0 && result.evaluations + population > options.evaluations) break;
    SearchRow row{};
    row.replayed = evaluator.replays(update);
    if (stop && !row.replayed) break;
    Evaluation evaluation;
    const auto rewards = [&](const std::vector<Actions>& proposed) {
      const auto students = students_of(parametrization, start, proposed);
      evaluation = evaluator.evaluate(update, students);
      std::vector<double> values;
      for (size_t i = 0; i < students.size(); ++i) {
        const RewardParts& parts = evaluation.parts[i];
        Candidate c{.f = students[i], .parts = parts, .reward = objective.reward(parts)};
        c.gain = c.reward - objective.reward(evaluation.mse);
        c.quality_gain = objective.quality(parts) - objective.quality(evaluation.mse);
        values.push_back(c.reward);
        if (i == 0 || c.reward > row.best.reward) row.best = c;
        result.shortlist.add(c);
        if (objective.counts_energy()) result.front.add(std::move(c));
      }
      return values;
    };
    row.ppo = algorithm->update(rewards);
    if (row.replayed) {
      begin =
          Clock::now() - std::chrono::duration_cast<Clock::duration>(Seconds(evaluation.seconds));
    } else {
      evaluation.seconds = Seconds(Clock::now() - begin).count();
      journal.append(options.algorithm, options.seed, evaluation);
    }
    result.evaluations += population;
    row.evaluations = result.evaluations;
    row.reward_mean = row.ppo.reward_mean;
    row.reward_mse = objective.reward(evaluation.mse);
    row.seconds = evaluation.seconds;
    report(row, result.shortlist);
  }
  result.agent = algorithm->agent();
  result.recommendation = recommended();
  result.seconds = Seconds(Clock::now() - begin).count();
  return result;
}

std::vector<int> most_sensitive(const Objective& objective, const WarmUp& start, int count) {
  std::vector<StaircaseSet> kept(start.mse_optimal.size(), start.mse_optimal);
  for (size_t tap = 0; tap < kept.size(); ++tap) kept[tap][tap].reset();
  std::vector<double> rewards(kept.size());
  for (int batch = 0; batch < objective.batches(); ++batch) {
    const auto parts = objective.on_batch(batch, kept);
    for (size_t tap = 0; tap < kept.size(); ++tap) rewards[tap] += objective.reward(parts[tap]);
  }
  std::vector<int> taps(kept.size());
  std::iota(taps.begin(), taps.end(), 0);
  std::stable_sort(taps.begin(), taps.end(),
                   [&](int a, int b) { return rewards[size_t(a)] > rewards[size_t(b)]; });
  taps.resize(std::min(taps.size(), size_t(std::max(count, 0))));
  return taps;
}

}  // namespace tri
