// What searches write while they run: search.csv and best.json.
#pragma once

#include <filesystem>
#include <string>

#include "engine/integer/model.h"
#include "rl/search/search.h"

namespace tri {

// The columns of search.csv, a row an update: result.json's words, energy in microjoules a picture.
// reward, kl, attention, agreement and energy are those of the update's best; reward_mse is the
// start's, on the same pictures. What an algorithm does not have, or a search does not count, is
// empty. Later columns are appended.
extern const char* const kSearchCsvHead;

class SearchLog {
 public:
  // teacher_energy: microjoules a picture; counts_energy: whether searches count it.
  SearchLog(std::filesystem::path folder, const Model& model, size_t shortlist,
            double teacher_energy, bool counts_energy);

  // Writes both files again, atomically; nothing for updates that are replayed.
  void add(const SearchRow& row, const Archive& shortlist, const SearchOptions& run);

  // Once result.json holds what is better than best.json: the best, ranked and measured.
  void finish();

 private:
  std::string csv_row(const SearchRow& row, const SearchOptions& run) const;
  std::string best_json() const;

  std::filesystem::path folder_;
  const Model& model_;
  double teacher_energy_;
  bool counts_energy_;
  std::string csv_;
  Archive best_;
  bool improved_ = false;
};

}  // namespace tri
