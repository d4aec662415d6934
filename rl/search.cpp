#include "rl/search.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "engine/recorder.h"
#include "rl/state.h"

namespace tri {

WarmUp warm_up(const IntNet& teacher, const Dataset& pictures) {
  HistogramRecorder recorder(teacher.model().taps());
  TeacherRun run = run_teacher(teacher, pictures.pixels, &recorder);
  WarmUp start{recorder.histograms(), {}, std::move(run.statistics)};
  for (const Histogram& histogram : start.histograms)
    start.mse_optimal.push_back(mse_optimal(histogram).ordered());
  return start;
}

SearchResult search(const Objective& objective, const WarmUp& start, const SearchOptions& options,
                    const std::function<void(const SearchRow&)>& report,
                    const std::atomic<bool>& stop) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const Parametrisation parametrisation =
      options.prior ? Parametrisation::centred(start.mse_optimal, options.widths)
                    : Parametrisation::raw(start.mse_optimal);
  const auto algorithm = make_algorithm(options.algorithm, parametrisation,
                                        layer_states(start.histograms), options.ppo, options.seed);
  SearchResult result{Archive(options.shortlist), {}};
  std::vector<std::optional<double>> mse_rewards(size_t(objective.batches()));
  for (int update = 0; !stop; ++update) {
    const int generation = algorithm->generation();
    if (generation == 0) break;
    if (update > 0 && result.evaluations + generation > options.evaluations) break;
    const int batch = int((options.seed + uint64_t(update)) % uint64_t(objective.batches()));
    auto& reference = mse_rewards[size_t(batch)];
    if (!reference) reference = objective.on_batch(batch, {start.mse_optimal}).front().reward;
    SearchRow row{};
    row.reward_mse = *reference;
    const auto rewards = [&](const std::vector<Actions>& proposed) {
      std::vector<StaircaseSet> students;
      for (const Actions& actions : proposed)
        students.push_back(parametrisation.staircases(actions));
      const std::vector<Reward::Parts> parts = objective.on_batch(batch, students);
      std::vector<double> values;
      for (size_t i = 0; i < parts.size(); ++i) {
        const Candidate candidate{students[i], parts[i].reward, parts[i].kl, parts[i].attention};
        if (i == 0 || candidate.reward > row.best.reward) row.best = candidate;
        Candidate gained = candidate;
        gained.reward -= *reference;
        result.shortlist.add(gained);
        values.push_back(candidate.reward);
      }
      return values;
    };
    row.ppo = algorithm->update(rewards);
    result.evaluations += generation;
    row.evaluations = result.evaluations;
    row.reward_mean = row.ppo.reward_mean;
    row.seconds = seconds();
    report(row);
  }
  result.favourite = parametrisation.staircases(algorithm->favourite());
  result.seconds = seconds();
  return result;
}

std::vector<int> most_sensitive(const Objective& objective, const WarmUp& start, int count) {
  std::vector<StaircaseSet> kept(start.mse_optimal.size(), start.mse_optimal);
  for (size_t tap = 0; tap < kept.size(); ++tap) kept[tap][tap].reset();
  std::vector<double> rewards(kept.size());
  for (int batch = 0; batch < objective.batches(); ++batch) {
    const auto parts = objective.on_batch(batch, kept);
    for (size_t tap = 0; tap < kept.size(); ++tap) rewards[tap] += parts[tap].reward;
  }
  std::vector<int> taps(kept.size());
  std::iota(taps.begin(), taps.end(), 0);
  std::stable_sort(taps.begin(), taps.end(),
                   [&](int a, int b) { return rewards[size_t(a)] > rewards[size_t(b)]; });
  taps.resize(std::min(taps.size(), size_t(std::max(count, 0))));
  return taps;
}

}  // namespace tri
