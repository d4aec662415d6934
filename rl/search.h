// The search for the staircases of all layers: warm-up on the teacher, then one of three ways to
// propose parameter sets, all judged by the same reward and kept in the same archive.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "data/cifar10.h"
#include "distill/reward.h"
#include "engine/int_net.h"
#include "rl/archive.h"
#include "rl/ppo.h"

namespace tri {

// mse: the mean-square-optimal staircases alone. random: samples of the prior. ppo: samples of a
// policy that starts as the prior and learns.
enum class Algorithm { mse, random, ppo };

struct SearchOptions {
  Algorithm algorithm = Algorithm::ppo;
  int episodes = 600;             // parameter sets to evaluate, the mean-square start among them
  int pictures = 256;             // that each one is evaluated on
  double attention_weight = 0.1;  // w of R = -KL - w * AT
  bool prior = true;              // heads start as bells around the mean-square optimum
  double prior_width = 0.08;      // of the bells, as a share of their centre
  uint64_t seed = 1;
  size_t keep = 5;  // best parameter sets
  PpoOptions ppo;
};

// Where the search starts, from the teacher's activations on some pictures; [taps] each.
struct WarmUp {
  std::vector<Histogram> histograms;
  std::vector<TriSegment> mse_optimal;
};
WarmUp warm_up(const IntNet& teacher, const Dataset& pictures);

// One row of search.csv: an update, and what it reached.
struct SearchRow {
  int episodes, evaluations;  // so far
  double reward_mean;         // of this update
  Candidate best;             // so far
  PpoStatistics ppo;
  double seconds;
};

struct SearchResult {
  Candidate mse;    // the start and its reward
  Archive archive;  // the start competes too
  int evaluations;
};

// The first options.pictures of `pictures` are what the reward is measured on. `report` is called
// after every update; once `stop` is set the search ends with what it has. Depends on its arguments
// alone, not on the number of threads.
SearchResult search(const IntNet& teacher, const Dataset& pictures, const WarmUp& start,
                    const std::vector<std::string>& attention_layers, const SearchOptions& options,
                    const std::function<void(const SearchRow&)>& report,
                    const std::atomic<bool>& stop);

// A parameter set [taps] made ready for the network.
Staircases staircases(const IntNet& net, const std::vector<TriSegment>& f);

}  // namespace tri
