#include "tools/report/page/examination.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "distill/judge/attention.h"
#include "distill/judge/kl.h"
#include "distill/judge/reward.h"
#include "engine/integer/observers.h"
#include "tools/report/page/page.h"
#include "tools/report/search_report.h"

namespace tri {
namespace {

constexpr int kMapped = 6, kDisagreements = 24;  // pictures shown

// Kinds of events, each the table of energies with all other kinds at 0: energies are sums over
// kinds, so theirs add up to the whole.
std::vector<std::pair<std::string, EnergyTable>> tables_by_kind(const EnergyTable& table) {
  EnergyTable nothing{0, 0, 0, 0, 0, table.sram};
  for (auto& [bytes, energy] : nothing.sram) energy = 0;
  std::vector<std::pair<std::string, EnergyTable>> kinds(4, {"", nothing});
  kinds[0].first = "multiplications", kinds[1].first = "additions and comparisons";
  kinds[2].first = "requantization", kinds[3].first = "memory";
  kinds[0].second.multiply8 = table.multiply8;
  EnergyTable& adds = kinds[1].second;
  adds.add8 = table.add8, adds.add16 = table.add16, adds.add32 = table.add32;
  kinds[2].second.multiply32 = table.multiply32;
  kinds[3].second.sram = table.sram;
  return kinds;
}

Json energy_json(const Examined& s, const std::vector<EventRecorder::Events>& events,
                 const EnergyTable& table) {
  const std::vector<Layer>& layers = s.network.model().layers;
  const auto kinds = tables_by_kind(table);
  std::vector<std::vector<double>> parts;
  Json names = Json::array(), by_kind = Json::array();
  for (const auto& [name, own] : kinds) {
    names.push_back(name);
    parts.push_back(energy(s.network.model(), s.network.model().staircases, events, own));
  }
  Json values = Json::array(), rows = Json::array();
  for (size_t i = 0; i < layers.size(); ++i) {
    std::vector<double> row;
    for (const auto& part : parts) row.push_back(1e-6 * part[i]);
    if (total(row) == 0) continue;
    rows.push_back(layers[i].name);
    values.push_back(row);
  }
  return {{"layers", rows}, {"kinds", names}, {"values", values}};
}

// Of each tap what its values are, and how often.
Json levels_json(const Examined& s, const std::vector<Histogram>& histograms) {
  if (s.network.model().staircases.empty()) return Json::array();
  Json taps = to_json(s.network.model().staircases, s.network.model());
  for (size_t tap = 0; tap < histograms.size(); ++tap) {
    double all = 0;
    for (const uint64_t count : histograms[tap]) all += double(count);
    const auto& f = s.network.model().staircases[tap];
    Json levels = Json::array();
    for (int value = 0; value < 256; ++value) {
      const bool is_level = value == 0 || (f && (value == f->v1 || value == f->v2));
      if (is_level)
        levels.push_back({{"value", value}, {"share", double(histograms[tap][value]) / all}});
    }
    taps[tap]["levels"] = levels;
  }
  return taps;
}

Json network_json(const Examined& s, const Dataset& pictures, bool labeled,
                  const EnergyTable& energies, std::vector<int32_t>& first) {
  const Model& model = s.network.model();
  const int classes = int(model.classes.size());
  HistogramRecorder histograms(model.taps());
  EventRecorder events(model.layers.size());
  ZeroRecorder zeros(model.taps());
  Observers all({&histograms, &events, &zeros});
  const std::vector<int32_t> logits = s.network.logits(pictures, &all);
  if (first.empty()) first = logits;
  Json json = {{"role", s.role}, {"file", s.file}, {"accuracy", nullptr}, {"interval", nullptr}};
  if (labeled) {
    const double share = accuracy(logits, pictures.labels(), classes);
    json["accuracy"] = share, json["interval"] = interval(share, pictures.size());
  }
  json["agreement"] = agreement(logits, first, classes);
  json["kl"] = kl_divergence(logits, first, classes);
  json["zero_share"] = zeros.share();
  json["confusion"] = labeled ? Json(confusion_matrix(logits, pictures.labels(), classes)) : Json();
  json["energy"] = energy_json(s, events.events(), energies);
  json["taps"] = levels_json(s, histograms.histograms());
  return json;
}

std::string pixels_of(const Dataset& pictures, int i) {
  const uint8_t* begin = pictures.picture(i);
  return base64({begin, begin + pictures.shape().size()});
}

Json label_of(const Dataset& pictures, int i, bool labeled) {
  return labeled ? Json(pictures.labels()[size_t(i)]) : Json();
}

Json map_json(const double* q, size_t size) {
  const double largest = std::max(1e-300, *std::max_element(q, q + size));
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < size; ++i) bytes.push_back(uint8_t(std::lround(255 * q[i] / largest)));
  return base64(bytes);
}

}  // namespace

Json interval(double share, int n) {
  if (n <= 0) return nullptr;
  constexpr double z = 1.959964;  // of the normal distribution, 2.5 % lie above
  const double scale = 1 + z * z / n, middle = share + z * z / (2.0 * n);
  const double width = z * std::sqrt(share * (1 - share) / n + z * z / (4.0 * n * n));
  return {std::max(0.0, (middle - width) / scale), std::min(1.0, (middle + width) / scale)};
}

Json networks_json(const std::vector<Examined>& subjects, const Dataset& pictures, bool labeled,
                   const EnergyTable& energies) {
  std::vector<int32_t> first;
  Json list = Json::array();
  for (const Examined& s : subjects)
    list.push_back(network_json(s, pictures, labeled, energies, first));
  return list;
}

Json attention_json(const std::vector<Examined>& subjects, const Dataset& pictures, bool labeled) {
  const Model& model = subjects.front().network.model();
  const Dataset few = pictures.slice(0, std::min(kMapped, pictures.size()));
  const std::vector<int> taps = taps_of(model, model.attention);
  std::vector<AttentionMaps> maps;
  for (const Examined& s : subjects) {
    maps.emplace_back(taps);
    s.network.logits(few, &maps.back());
  }
  Json layers = Json::array(), list = Json::array();
  for (const int tap : taps) {
    const Layer& l = model.layers[size_t(model.tap_rows()[size_t(tap)])];
    layers.push_back({{"name", l.name}, {"h", l.output.h}, {"w", l.output.w}});
  }
  for (int i = 0; i < few.size(); ++i) {
    Json of_layers = Json::array();
    for (size_t t = 0; t < taps.size(); ++t) {
      const size_t size = layers[t]["h"].get<size_t>() * layers[t]["w"].get<size_t>();
      Json of_subjects = Json::array();
      for (const AttentionMaps& m : maps)
        of_subjects.push_back(map_json(&m.maps(taps[t])[size_t(i) * size], size));
      of_layers.push_back(of_subjects);
    }
    list.push_back(
        {{"pixels", pixels_of(few, i)}, {"label", label_of(few, i, labeled)}, {"maps", of_layers}});
  }
  return {{"layers", layers}, {"pictures", list}};
}

Json disagreements_json(const std::vector<Examined>& subjects, const Dataset& pictures,
                        bool labeled) {
  const int classes = int(subjects.front().network.model().classes.size());
  std::vector<std::vector<int32_t>> logits;
  std::vector<std::vector<int>> answers;
  for (const Examined& s : subjects) {
    logits.push_back(s.network.logits(pictures));
    answers.push_back(top1(logits.back(), classes));
  }
  Json list = Json::array();
  int count = 0;
  for (int i = 0; i < pictures.size(); ++i) {
    if (answers.front()[size_t(i)] == answers.back()[size_t(i)]) continue;
    if (++count > kDisagreements) continue;
    Json told = Json::array();
    for (size_t s = 0; s < subjects.size(); ++s) {
      const std::span<const int32_t> own(&logits[s][size_t(i) * classes], size_t(classes));
      const int answer = answers[s][size_t(i)];
      told.push_back(
          {{"class", answer},
           {"probability", std::exp(log_softmax(own, double(kLogitStep))[size_t(answer)])}});
    }
    list.push_back({{"number", i},
                    {"pixels", pixels_of(pictures, i)},
                    {"label", label_of(pictures, i, labeled)},
                    {"answers", told}});
  }
  return {{"of", pictures.size()}, {"count", count}, {"pictures", list}};
}

Json taps_json(const IntNet& body, const StaircaseSet& staircases, const Dataset& counted,
               const Dataset& judged, bool calibrated) {
  const Model& model = body.model();
  HistogramRecorder recorder(model.taps());
  logits_of(body, counted, {.observer = &recorder});
  const Judge judge(body, judged, {});
  Workspace workspace;
  Json list = Json::array();
  for (int tap = 0; tap < model.taps(); ++tap) {
    Json json = {{"name", model.layers[size_t(model.tap_rows()[size_t(tap)])].name},
                 {"histogram", recorder.histograms()[size_t(tap)]},
                 {"agreement", nullptr},
                 {"kl", nullptr}};
    if (const auto& f = staircases[size_t(tap)]) {
      StaircaseSet alone(staircases.size());
      alone[size_t(tap)] = f;
      const Staircases made(model, alone);
      const RewardParts parts =
          calibrated ? judge.calibrated(made, workspace) : judge(body, made, workspace);
      json["agreement"] = parts.agreement, json["kl"] = parts.kl;
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace tri
