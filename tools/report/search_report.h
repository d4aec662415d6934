// What a search reports: rows of search.csv, result.json, the table at the end.
#pragma once

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "rl/search/deploy.h"
#include "rl/search/search.h"
#include "tools/pipeline/pictures.h"

namespace tri {

using Json = nlohmann::ordered_json;

constexpr const char* kCsvHead =
    "episodes,evaluations,reward_mean,reward_best,kl,attention,entropy,approx_kl,clip_fraction,"
    "explained_variance,seconds,reward_mse,algorithm,seed,agreement,energy\n";

inline std::string csv_row(const SearchRow& r, const SearchOptions& run) {
  char text[256];
  std::snprintf(text, sizeof text,
                "%d,%d,%.6f,%.6f,%.6f,%.6f,%.4f,%.5f,%.4f,%.4f,%.1f,%.6f,%s,%llu,%.6f,%.6f\n",
                r.evaluations, r.evaluations, r.reward_mean, r.best.reward, r.best.kl,
                r.best.attention, r.ppo.entropy, r.ppo.approx_kl, r.ppo.clip_fraction,
                r.ppo.explained_variance, r.seconds, r.reward_mse, run.algorithm.c_str(),
                (unsigned long long)run.seed, r.best.agreement, r.best.energy);
  return text;
}

// What stands under tables without accuracies: what they were measured on, and the command that
// measures accuracy.
inline std::string note_without_labels(const Pictures& pictures, const std::string& evaluate) {
  return "measured on " + std::to_string(pictures.test.size()) +
         " pictures synthesised from the teacher, which have no labels; accuracy on real ones: " +
         evaluate + " (needs CIFAR-10: make cifar10)";
}

inline Json to_json(const Pictures& pictures, const std::string& note) {
  Json json = {{"source", pictures.source}, {"dir", pictures.folder}};
  if (!note.empty()) json["note"] = note;
  return json;
}

// A layer that keeps its 8-bit codes has no staircase: its numbers are null.
inline Json to_json(const StaircaseSet& staircases, const Model& model) {
  Json layers = Json::array();
  const std::vector<int> taps = model.tap_rows();
  for (size_t i = 0; i < taps.size(); ++i) {
    const auto& f = staircases[i];
    const auto number = [&](uint8_t TriSegment::*x) { return f ? Json((*f).*x) : Json(); };
    layers.push_back({{"name", model.layers[taps[i]].name},
                      {"t1", number(&TriSegment::t1)},
                      {"v1", number(&TriSegment::v1)},
                      {"t2", number(&TriSegment::t2)},
                      {"v2", number(&TriSegment::v2)}});
  }
  return layers;
}

// Microjoules a picture.
inline double microjoules(const Measures& m) { return 1e-6 * total(m.energy); }

// rank: 1 for the best reward; 0 for the mean-square start.
inline Json to_json(const Deployed& d, size_t rank, bool labelled, const Model& model) {
  Json json = {{"rank", rank},
               {"reward", d.candidate.reward},
               {"kl", d.candidate.kl},
               {"attention", d.candidate.attention},
               {"accuracy", labelled ? Json(d.measures.accuracy) : Json()},
               {"agreement", d.measures.agreement},
               {"test_kl", d.measures.kl},
               {"zero_share", d.measures.zero_share},
               {"energy", microjoules(d.measures)}};
  const auto add = [&](const char* name, const std::optional<Measures>& m) {
    if (m)
      json[name] = {{"accuracy", labelled ? Json(m->accuracy) : Json()},
                    {"agreement", m->agreement},
                    {"test_kl", m->kl},
                    {"zero_share", m->zero_share},
                    {"energy", microjoules(*m)}};
  };
  add("uncalibrated", d.uncalibrated);
  add("calibrated", d.calibrated);
  json["layers"] = to_json(d.candidate.f, model);
  return json;
}

// What a picture costs teacher and student, altogether and by layer.
inline Json energy_json(const Verdict& v, const Model& model) {
  const Measures& student = v.selected.measures;
  Json layers = Json::array();
  for (size_t i = 0; i < model.layers.size(); ++i)
    if (const double teacher = v.teacher.energy[i]; teacher > 0)
      layers.push_back({{"name", model.layers[i].name},
                        {"teacher", 1e-6 * teacher},
                        {"student", 1e-6 * student.energy[i]}});
  return {{"unit", "microjoules a picture"},
          {"teacher", microjoules(v.teacher)},
          {"student", microjoules(student)},
          {"layers", layers}};
}

// front: with what held-out pictures say, and the test set of those that were measured on it.
inline Json front_json(const std::vector<Candidate>& front, const Verdict& v, bool labelled,
                       const Model& model) {
  Json list = Json::array();
  for (const Candidate& c : front) {
    Json json = {{"energy", microjoules(v.teacher) * c.energy},
                 {"agreement", c.agreement},
                 {"kl", c.kl},
                 {"attention", c.attention},
                 {"reward", c.reward}};
    const Measures* measured = v.mse.candidate.f == c.f ? &v.mse.measures : nullptr;
    for (const Deployed& d : v.candidates)
      if (d.candidate.f == c.f) measured = &d.measures;
    json["accuracy"] = labelled && measured ? Json(measured->accuracy) : Json();
    json["test_agreement"] = measured ? Json(measured->agreement) : Json();
    json["layers"] = to_json(c.f, model);
    list.push_back(std::move(json));
  }
  return list;
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
  result["selected"] = to_json(v.selected, 1, labelled, model);
  result["reconstructed"] = v.selected.calibrated.has_value();
  result["within_max_drop"] = v.within;
  result["energy"] = energy_json(v, model);
}

inline void print_table(const Verdict& v, bool labelled, double max_drop_points) {
  const auto row = [&](const char* name, const Measures& m) {
    char shown[16] = "-";
    if (labelled) std::snprintf(shown, sizeof shown, "%.2f %%", 100 * m.accuracy);
    std::printf("%-24s %9s %9.2f %% %8.4f %8.1f %% %10.1f uJ\n", name, shown, 100 * m.agreement,
                m.kl, 100 * m.zero_share, microjoules(m));
  };
  std::printf("%-24s %9s %11s %8s %10s %13s\n", "", "accuracy", "agreement", "KL", "zeros",
              "energy");
  row("teacher", v.teacher);
  const auto all = [&](const std::string& name, const Deployed& d) {
    if (d.uncalibrated) row((name + ", uncalibrated").c_str(), *d.uncalibrated);
    if (d.calibrated) row((name + ", calibrated").c_str(), *d.calibrated);
    row(name.c_str(), d.measures);
  };
  all("MSE start", v.mse);
  all("best found", v.selected);
  if (!v.within)
    std::printf("the best found loses more than %g points to the teacher\n", max_drop_points);
}

// Those that no other one beats in agreement and energy, both on held-out pictures.
inline void print_front(const std::vector<Candidate>& front, const Measures& teacher) {
  std::printf("%-24s %9s %11s %8s %10s %13s\n", "front, held-out pictures", "", "agreement", "KL",
              "", "energy");
  for (const Candidate& c : front)
    std::printf("%-24s %9s %9.2f %% %8.4f %10s %10.1f uJ\n", "", "", 100 * c.agreement, c.kl, "",
                microjoules(teacher) * c.energy);
}

// One algorithm with one seed, and the best it found by the held-out pictures.
struct Contestant {
  std::string algorithm;
  int evaluations;
  double seconds;
  Candidate best;
};

// The contestants on the test set: mean and standard deviation (n - 1) over the seeds of each
// algorithm, as JSON and as a table. What the verdict has measured is not measured again.
inline Json comparison(const std::vector<Contestant>& contestants, const TestSet& test,
                       const Verdict& verdict, bool labelled) {
  const auto measured = [&](const Candidate& c) {
    if (c.f == verdict.mse.candidate.f) return verdict.mse.measures;
    for (const Deployed& d : verdict.candidates)
      if (d.candidate.f == c.f) return d.measures;
    return test.measure(c, false).measures;
  };
  const auto spread = [](const std::vector<double>& x) {
    double mean = 0, squares = 0;
    for (const double v : x) mean += v / double(x.size());
    for (const double v : x) squares += (v - mean) * (v - mean);
    return std::pair(mean, x.size() > 1 ? std::sqrt(squares / double(x.size() - 1)) : 0.0);
  };
  std::printf("%-8s %5s %11s %17s %16s %18s %18s\n", "", "seeds", "evaluations", "reward",
              "test KL", "agreement", "accuracy");
  Json rows = Json::array();
  for (const std::string& name : algorithm_names()) {
    std::vector<double> reward, kl, agreement, accuracy, energy;
    int evaluations = 0;
    for (const Contestant& c : contestants) {
      if (c.algorithm != name) continue;
      const Measures m = measured(c.best);
      evaluations = c.evaluations;
      reward.push_back(c.best.reward);
      kl.push_back(m.kl);
      agreement.push_back(m.agreement);
      accuracy.push_back(m.accuracy);
      energy.push_back(microjoules(m));
    }
    if (reward.empty()) continue;
    const auto json = [&](const std::vector<double>& x) {
      const auto [mean, deviation] = spread(x);
      return Json{{"mean", mean}, {"deviation", deviation}};
    };
    rows.push_back({{"algorithm", name},
                    {"seeds", reward.size()},
                    {"evaluations", evaluations},
                    {"reward", json(reward)},
                    {"test_kl", json(kl)},
                    {"agreement", json(agreement)},
                    {"accuracy", labelled ? json(accuracy) : Json()},
                    {"energy", json(energy)}});
    const auto [r, dr] = spread(reward);
    const auto [k, dk] = spread(kl);
    const auto [g, dg] = spread(agreement);
    const auto [a, da] = spread(accuracy);
    char shown[32] = "-";
    if (labelled) std::snprintf(shown, sizeof shown, "%.2f +- %.2f %%", 100 * a, 100 * da);
    std::printf("%-8s %5zu %11d %8.4f +- %.4f %7.4f +- %.4f %8.2f +- %.2f %% %18s\n", name.c_str(),
                reward.size(), evaluations, r, dr, k, dk, 100 * g, 100 * dg, shown);
  }
  return rows;
}

}  // namespace tri
