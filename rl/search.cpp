#include "rl/search.h"

#include <algorithm>
#include <chrono>

#include "distill/evaluate.h"
#include "engine/recorder.h"
#include "rl/state.h"

namespace tri {
namespace {

// Added to every bell's width, so that small codes move too.
constexpr double kPriorBins = 1;

}  // namespace

Staircases staircases(const IntNet& net, const std::vector<TriSegment>& f) {
  return Staircases(net.model(), {f.begin(), f.end()});
}

WarmUp warm_up(const IntNet& teacher, const Dataset& pictures) {
  HistogramRecorder recorder(teacher.model().taps());
  logits_of(teacher, pictures, nullptr, &recorder);
  WarmUp start{recorder.histograms(), {}};
  for (const Histogram& histogram : start.histograms)
    start.mse_optimal.push_back(mse_optimal(histogram).ordered());
  return start;
}

SearchResult search(const IntNet& teacher, const Dataset& pictures, const WarmUp& start,
                    const std::vector<std::string>& attention_layers, const SearchOptions& options,
                    const std::function<void(const SearchRow&)>& report,
                    const std::atomic<bool>& stop) {
  const auto begin = std::chrono::steady_clock::now();
  const Dataset seen = pictures.slice(0, std::min(options.pictures, pictures.size()));
  Reward reward(teacher, seen.pixels, attention_layers, options.attention_weight);
  SearchResult result{{}, Archive(options.keep), 0};
  const auto evaluate = [&](const std::vector<TriSegment>& f) {
    const Reward::Parts parts = reward(staircases(teacher, f));
    Candidate candidate{f, parts.reward, parts.kl, parts.attention};
    result.archive.add(candidate);
    ++result.evaluations;
    return candidate;
  };
  result.mse = evaluate(start.mse_optimal);
  if (options.algorithm == Algorithm::mse) return result;

  PpoOptions ppo = options.ppo;
  // Without updates of the policy, PPO is random search.
  if (options.algorithm == Algorithm::random) ppo.epochs = 0;
  const int taps = teacher.model().taps();
  Ppo agent(ppo, layer_states(start.histograms),
            options.prior ? bell_prior(start.mse_optimal, kPriorBins, options.prior_width)
                          : uniform_prior(taps),
            options.seed);
  const auto rewards = [&](const std::vector<std::vector<TriSegment>>& batch) {
    std::vector<double> values;
    for (const auto& f : batch)
      // Known already, and the first of the first batch.
      values.push_back(f == start.mse_optimal ? result.mse.reward : evaluate(f).reward);
    return values;
  };
  // The start is the first episode. Updates are whole, so the last one may be a few too many.
  const std::vector<std::vector<TriSegment>> given{start.mse_optimal};
  for (int episodes = 0; episodes < options.episodes && !stop;) {
    const bool first = episodes == 0 && options.prior;
    const PpoStatistics statistics = agent.update(rewards, std::span(given).first(first ? 1 : 0));
    episodes += ppo.episodes;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    report({episodes, result.evaluations, statistics.reward_mean, result.archive.best().front(),
            statistics, seconds});
  }
  return result;
}

}  // namespace tri
