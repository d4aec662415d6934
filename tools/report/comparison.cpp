#include "tools/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "data/base/error.h"
#include "rl/algorithms/algorithm.h"
#include "tools/report/search_report.h"
#include "tools/report/text.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMostBytes = 1 << 24;  // of a result.json

ComparisonRow::Spread spread(const std::vector<double>& x) {
  double mean = 0, squares = 0;
  for (const double v : x) mean += v / double(x.size());
  for (const double v : x) squares += (v - mean) * (v - mean);
  return {mean, x.size() > 1 ? std::sqrt(squares / double(x.size() - 1)) : 0.0};
}

Score score_of(const Json& j) {
  const Json& accuracy = j.at("accuracy");
  return {j.at("algorithm").get<std::string>(),
          j.at("seed").get<uint64_t>(),
          j.at("evaluations").get<int>(),
          j.at("reward").get<double>(),
          j.at("test_kl").get<double>(),
          j.at("agreement").get<double>(),
          accuracy.is_null() ? std::nullopt : std::optional(accuracy.get<double>()),
          j.at("energy").get<double>()};
}

// "--batch is 32 there and 64 in A, ..."
std::string differences(const Json& a, const Json& b, const fs::path& first) {
  std::string text;
  for (const auto& [name, value] : a.items()) {
    const Json other = b.value(name, Json());
    if (other != value)
      text += (text.empty() ? "" : ", ") + name + " is " + other.dump() + " there and " +
              value.dump() + " in " + first.string();
  }
  return text;
}

}  // namespace

std::vector<Score> scores_of(const std::vector<Entrant>& entrants, const TestSet& test,
                             const TestReport& verdict, bool labeled) {
  const auto measured = [&](const Candidate& c) {
    if (c.f == verdict.start.candidate.f) return verdict.start.measures;
    for (const Deployed& d : verdict.candidates)
      if (d.candidate.f == c.f) return d.measures;
    return test.measure(c, false).measures;
  };
  std::vector<Score> scores;
  for (const Entrant& e : entrants) {
    const Measures m = measured(e.best);
    scores.push_back({e.algorithm, e.seed, e.evaluations, e.best.reward, m.kl, m.agreement,
                      labeled ? std::optional(m.accuracy) : std::nullopt, microjoules(m)});
  }
  return scores;
}

Json to_json(const std::vector<Score>& scores) {
  Json list = Json::array();
  for (const Score& s : scores)
    list.push_back({{"algorithm", s.algorithm},
                    {"seed", s.seed},
                    {"evaluations", s.evaluations},
                    {"reward", s.reward},
                    {"test_kl", s.test_kl},
                    {"agreement", s.agreement},
                    {"accuracy", s.accuracy ? Json(*s.accuracy) : Json()},
                    {"energy", s.energy}});
  return list;
}

std::vector<Score> merged(const std::string& net, const std::vector<fs::path>& folders) {
  std::vector<Score> all;
  Json common;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / "result.json";
    const Json result = read_json(file, kMostBytes);
    std::vector<Score> scores;
    Json own;
    try {
      own = result.at("options");
      for (const Json& score : result.at("searches")) scores.push_back(score_of(score));
    } catch (const Json::exception&) {
      throw Error(file.string() +
                  ": is no report of a search that has ended: finish it with --resume");
    }
    if (own.value("NET", "") != net)
      throw Error(file.string() + ": is of another network than " + net);
    if (scores.empty()) throw Error(file.string() + ": tells of no search");
    if (common.is_null()) common = own;
    if (const std::string d = differences(common, own, folders.front()); !d.empty())
      throw Error(file.string() + ": is another search: " + d);
    for (const Score& s : scores) {
      const auto same = std::find_if(all.begin(), all.end(), [&](const Score& o) {
        return o.algorithm == s.algorithm && (o.seed == s.seed || s.algorithm == "mse");
      });
      if (same == all.end())
        all.push_back(s);
      else if (s.algorithm != "mse")  // which does not depend on the seed
        throw Error(file.string() + ": " + s.algorithm + " with seed " + std::to_string(s.seed) +
                    " is in another folder too");
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Score& a, const Score& b) { return a.seed < b.seed; });
  return all;
}

std::vector<ComparisonRow> compare(const std::vector<Score>& scores) {
  std::vector<ComparisonRow> rows;
  for (const std::string& name : algorithm_names()) {
    std::vector<Score> own;
    for (const Score& s : scores)
      if (s.algorithm == name) own.push_back(s);
    if (own.empty()) continue;
    const auto over = [&own](auto value) {
      std::vector<double> values;
      for (const Score& s : own) values.push_back(std::invoke(value, s));
      return spread(values);
    };
    ComparisonRow row{name,
                      own.size(),
                      own.back().evaluations,
                      over(&Score::reward),
                      over(&Score::test_kl),
                      over(&Score::agreement),
                      {},
                      over(&Score::energy)};
    if (own.front().accuracy)
      row.accuracy = over([](const Score& s) { return s.accuracy.value_or(0); });
    rows.push_back(row);
  }
  return rows;
}

Json to_json(const std::vector<ComparisonRow>& rows) {
  const auto json = [](const ComparisonRow::Spread& s) {
    return Json{{"mean", s.mean}, {"deviation", s.deviation}};
  };
  Json list = Json::array();
  for (const ComparisonRow& r : rows)
    list.push_back({{"algorithm", r.algorithm},
                    {"seeds", r.seeds},
                    {"evaluations", r.evaluations},
                    {"reward", json(r.reward)},
                    {"test_kl", json(r.test_kl)},
                    {"agreement", json(r.agreement)},
                    {"accuracy", r.accuracy ? json(*r.accuracy) : Json()},
                    {"energy", json(r.energy)}});
  return list;
}

std::string comparison_table(const std::vector<ComparisonRow>& rows) {
  std::string table = line("%-8s %5s %11s %17s %16s %18s %18s\n", "", "seeds", "evaluations",
                           "reward", "test KL", "agreement", "accuracy");
  for (const ComparisonRow& r : rows) {
    const std::string accuracy =
        r.accuracy ? line("%.2f +- %.2f %%", 100 * r.accuracy->mean, 100 * r.accuracy->deviation)
                   : "-";
    table += line("%-8s %5zu %11d %8.4f +- %.4f %7.4f +- %.4f %8.2f +- %.2f %% %18s\n",
                  r.algorithm.c_str(), r.seeds, r.evaluations, r.reward.mean, r.reward.deviation,
                  r.test_kl.mean, r.test_kl.deviation, 100 * r.agreement.mean,
                  100 * r.agreement.deviation, accuracy.c_str());
  }
  return table;
}

}  // namespace tri
