// Several searches beside each other: algorithms over their seeds.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/base/json.h"
#include "rl/search/deploy.h"

namespace tri {

// One algorithm with one seed, and the best it found by the held-out pictures.
struct Entrant {
  std::string algorithm;
  uint64_t seed;
  int evaluations;
  Candidate best;
};

// What that is worth: the reward on held-out pictures, the rest on the test set. energy:
// microjoules a picture.
struct Score {
  std::string algorithm;
  uint64_t seed;
  int evaluations;
  double reward, test_kl, agreement;
  std::optional<double> accuracy;  // nothing without labels
  double energy;
};

// What the verdict has measured is not measured again.
std::vector<Score> scores_of(const std::vector<Entrant>& entrants, const TestSet& test,
                             const TestReport& verdict, bool labeled);
Json to_json(const std::vector<Score>& scores);

// The scores of searches that ran apart, as one process would have had them: those that the
// result.json of each folder tells. Throws Error where one has none, or is of another net than
// `net`, or of other data, another teacher or option than the first, and names what differs; where
// two are the same search.
std::vector<Score> merged(const std::string& net,
                          const std::vector<std::filesystem::path>& folders);

// An algorithm over its seeds, on the test set: means and standard deviations (n - 1).
struct ComparisonRow {
  struct Spread {
    double mean, deviation;
  };
  std::string algorithm;
  size_t seeds;
  int evaluations;
  Spread reward, test_kl, agreement;
  std::optional<Spread> accuracy;
  Spread energy;
};

// A row an algorithm.
std::vector<ComparisonRow> compare(const std::vector<Score>& scores);
Json to_json(const std::vector<ComparisonRow>& rows);
std::string comparison_table(const std::vector<ComparisonRow>& rows);

}  // namespace tri
