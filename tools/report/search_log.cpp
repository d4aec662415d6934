#include "tools/report/search_log.h"

#include <cstdio>

#include "data/base/file.h"
#include "tools/report/search_report.h"

namespace tri {

const char* const kSearchCsvHead =
    "algorithm,seed,evaluations,seconds,reward_mean,reward,kl,attention,agreement,energy_uj,"
    "reward_mse,entropy,approx_kl,clip_fraction,explained_variance,"
    "entropy_t1,entropy_v1,entropy_t2,entropy_v2,entropy_kind\n";

SearchLog::SearchLog(std::filesystem::path folder, const Model& model, size_t shortlist,
                     double teacher_energy, bool counts_energy)
    : folder_(std::move(folder)),
      model_(model),
      teacher_energy_(teacher_energy),
      counts_energy_(counts_energy),
      csv_(kSearchCsvHead),
      best_(shortlist, &Candidate::gain) {}

void SearchLog::add(const SearchRow& row, const Archive& shortlist, const SearchOptions& run) {
  csv_ += csv_row(row, run);
  for (const Candidate& c : shortlist.best()) improved_ |= best_.add(c);
  if (row.replayed) return;
  write_file(folder_ / "search.csv", csv_);
  if (improved_) write_file(folder_ / "best.json", best_json());
  improved_ = false;
}

void SearchLog::finish() {
  write_file(folder_ / "search.csv", csv_);
  std::filesystem::remove(folder_ / "best.json");
}

std::string SearchLog::csv_row(const SearchRow& r, const SearchOptions& run) const {
  char energy[24] = "", text[320];
  std::string ppo = ",,,,,,,,";
  if (counts_energy_)
    std::snprintf(energy, sizeof energy, "%.4f", teacher_energy_ * r.best.parts.energy);
  if (run.algorithm == "ppo") {
    std::snprintf(text, sizeof text, "%.4f,%.5f,%.4f,%.4f", r.ppo.entropy, r.ppo.approx_kl,
                  r.ppo.clip_fraction, r.ppo.explained_variance);
    ppo = text;
    for (size_t head = 0; head < kHeads; ++head) {
      text[0] = 0;
      if (head < r.ppo.head_entropies.size())
        std::snprintf(text, sizeof text, "%.4f", r.ppo.head_entropies[head]);
      ppo += std::string(",") + text;
    }
  }
  std::snprintf(text, sizeof text, "%s,%llu,%d,%.1f,%.6f,%.6f,%.6f,%.6f,%.6f,%s,%.6f,%s\n",
                run.algorithm.c_str(), static_cast<unsigned long long>(run.seed), r.evaluations,
                r.seconds, r.reward_mean, r.best.reward, r.best.parts.kl, r.best.parts.attention,
                r.best.parts.agreement, energy, r.reward_mse, ppo.c_str());
  return text;
}

// The best of all searches so far, for whoever finds no result.json.
std::string SearchLog::best_json() const {
  Json list = Json::array();
  for (const Candidate& c : best_.best())
    list.push_back({{"gain", c.gain},  // over the start, on the same pictures
                    {"kl", c.parts.kl},
                    {"attention", c.parts.attention},
                    {"layers", to_json(c.f, model_)}});
  return dump({{"net", model_.net}, {"candidates", list}});
}

}  // namespace tri
