// What a search reports: rows of search.csv, result.json, the table at the end.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "rl/deploy.h"
#include "rl/search.h"
#include "tools/pictures.h"

namespace tri {

using Json = nlohmann::ordered_json;

constexpr const char* kCsvHead =
    "episodes,evaluations,reward_mean,reward_best,kl,attention,entropy,approx_kl,clip_fraction,"
    "explained_variance,seconds\n";

inline std::string csv_row(const SearchRow& r) {
  char text[256];
  std::snprintf(text, sizeof text, "%d,%d,%.6f,%.6f,%.6f,%.6f,%.4f,%.5f,%.4f,%.4f,%.1f\n",
                r.episodes, r.evaluations, r.reward_mean, r.best.reward, r.best.kl,
                r.best.attention, r.ppo.entropy, r.ppo.approx_kl, r.ppo.clip_fraction,
                r.ppo.explained_variance, r.seconds);
  return text;
}

// rank: 1 for the best reward; 0 for the mean-square start.
inline Json to_json(const Deployed& d, size_t rank, bool labelled, const Model& model) {
  Json layers = Json::array();
  const std::vector<int> taps = model.tap_layers();
  for (size_t i = 0; i < taps.size(); ++i) {
    const TriSegment& f = d.candidate.f[i];
    layers.push_back({{"name", model.layers[taps[i]].name},
                      {"t1", f.t1},
                      {"v1", f.v1},
                      {"t2", f.t2},
                      {"v2", f.v2}});
  }
  return {{"rank", rank},
          {"reward", d.candidate.reward},
          {"kl", d.candidate.kl},
          {"attention", d.candidate.attention},
          {"accuracy", labelled ? Json(d.measures.accuracy) : Json()},
          {"agreement", d.measures.agreement},
          {"test_kl", d.measures.kl},
          {"zero_share", d.measures.zero_share},
          {"layers", layers}};
}

// The part of result.json that the verdict decides.
inline void add_verdict(Json& result, const Verdict& v, const std::string& teacher_file,
                        bool labelled, const Model& model) {
  result["teacher"] = {{"file", teacher_file},
                       {"accuracy", labelled ? Json(v.teacher.accuracy) : Json()}};
  result["mse"] = to_json(v.mse, 0, labelled, model);
  result["candidates"] = Json::array();
  for (size_t i = 0; i < v.candidates.size(); ++i)
    result["candidates"].push_back(to_json(v.candidates[i], i + 1, labelled, model));
  result["selected"] = result["candidates"][v.choice.index];
  result["within_max_drop"] = v.choice.within;
}

inline void print_table(const Verdict& v, bool labelled, double max_drop_points) {
  const auto row = [&](const char* name, const Measures& m) {
    char shown[16] = "-";
    if (labelled) std::snprintf(shown, sizeof shown, "%.2f %%", 100 * m.accuracy);
    std::printf("%-12s %9s %9.2f %% %8.4f %8.1f %%\n", name, shown, 100 * m.agreement, m.kl,
                100 * m.zero_share);
  };
  std::printf("%-12s %9s %11s %8s %10s\n", "", "accuracy", "agreement", "KL", "zeros");
  row("teacher", v.teacher);
  row("MSE start", v.mse.measures);
  row("best found", v.candidates[v.choice.index].measures);
  if (!v.choice.within)
    std::printf("no candidate stays within %g points of the teacher: the best one was taken\n",
                max_drop_points);
}

}  // namespace tri
