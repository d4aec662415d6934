// What searches write and say while they run: search.csv, best.json, the line of progress.
#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "data/base/file.h"
#include "tools/cli/progress.h"
#include "tools/report/search_report.h"

namespace tri {

class SearchLog {
 public:
  SearchLog(std::filesystem::path folder, const Model& model, size_t shortlist)
      : folder_(std::move(folder)), model_(model), best_(shortlist, &Candidate::gain) {}

  void begin_search() {
    line_.emplace();
    replayed_ = 0;
  }
  void end_search() { line_.reset(); }

  // Writes both files again, atomically; nothing for updates that are replayed.
  void add(const SearchRow& row, const Archive& shortlist, const SearchOptions& run) {
    csv_ += csv_row(row, run);
    for (const Candidate& c : shortlist.best()) improved_ |= best_.add(c);
    if (row.replayed) {
      replayed_ = row.evaluations;
      return;
    }
    write_file(folder_ / "search.csv", csv_);
    if (improved_) write_file(folder_ / "best.json", best().dump(2) + "\n");
    improved_ = false;
    line_->show(row.evaluations - replayed_, std::max(row.evaluations, run.evaluations) - replayed_,
                live(row, run));
  }

  // Once result.json holds what is better than best.json: the best, ranked and measured.
  void finish() {
    write_file(folder_ / "search.csv", csv_);
    std::filesystem::remove(folder_ / "best.json");
  }

 private:
  // The best of all searches so far, for whoever finds no result.json.
  Json best() const {
    Json list = Json::array();
    for (const Candidate& c : best_.best())
      list.push_back({{"gain", c.gain},  // over the start, on the same pictures
                      {"kl", c.parts.kl},
                      {"attention", c.parts.attention},
                      {"layers", to_json(c.f, model_)}});
    return {{"net", model_.net}, {"candidates", list}};
  }

  static std::string live(const SearchRow& r, const SearchOptions& run) {
    char text[200];
    std::snprintf(text, sizeof text,
                  "%s, %d evaluations: reward mean %.4f, best %.4f (KL %.4f, AT %.4f), MSE start "
                  "%.4f, %.2f evaluations/s",
                  run.algorithm.c_str(), r.evaluations, r.reward_mean, r.best.reward,
                  r.best.parts.kl, r.best.parts.attention, r.reward_mse, r.evaluations / r.seconds);
    return text;
  }

  std::filesystem::path folder_;
  const Model& model_;
  std::string csv_ = kCsvHead;
  Archive best_;
  bool improved_ = false;
  int replayed_ = 0;  // evaluations of this search
  std::optional<ProgressLine> line_;
};

}  // namespace tri
