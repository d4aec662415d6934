#include "tools/report/search_report.h"

#include <algorithm>

#include "engine/integer/model_file.h"
#include "tools/report/text.h"

namespace tri {
namespace {

// rank: 1 for the best reward; 0 for the mean-square start.
Json to_json(const Deployed& d, size_t rank, bool labeled, const Model& model) {
  Json json = {{"rank", rank},
               {"reward", d.candidate.reward},
               {"kl", d.candidate.parts.kl},
               {"attention", d.candidate.parts.attention}};
  json.update(to_json(d.measures, labeled));
  if (d.uncalibrated) json["uncalibrated"] = to_json(*d.uncalibrated, labeled);
  if (d.calibrated) json["calibrated"] = to_json(*d.calibrated, labeled);
  json["layers"] = to_json(d.candidate.f, model);
  return json;
}

Json number(bool known, double x) { return known ? Json(x) : Json(); }

// What a picture costs teacher and student, altogether and by layer.
Json energy_json(const TestReport& v, const Model& model) {
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

}  // namespace

Json to_json(const StaircaseSet& staircases, const Model& model) {
  constexpr const char* kKinds[] = {"8 bits", "three levels", "two levels"};
  Json layers = Json::array();
  const std::vector<int> taps = model.tap_rows();
  for (size_t i = 0; i < taps.size(); ++i) {
    const auto& f = staircases[i];
    const auto number = [&](uint8_t TriSegment::*x) { return f ? Json((*f).*x) : Json(); };
    layers.push_back({{"name", model.layers[taps[i]].name},
                      {"kind", kKinds[size_t(kind_of(f))]},
                      {"t1", number(&TriSegment::t1)},
                      {"v1", number(&TriSegment::v1)},
                      {"t2", number(&TriSegment::t2)},
                      {"v2", number(&TriSegment::v2)}});
  }
  return layers;
}

Json to_json(const Measures& m, bool labeled) {
  return {{"accuracy", number(labeled, m.accuracy)},
          {"agreement", m.agreement},
          {"test_kl", m.kl},
          {"zero_share", m.zero_share},
          {"energy", microjoules(m)}};
}

Json unmeasured_json(const StaircaseSet& staircases, const std::optional<Candidate>& held_out,
                     const Model& model) {
  const Candidate c = held_out.value_or(Candidate{});
  return {{"rank", 1},
          {"reward", number(held_out.has_value(), c.reward)},
          {"kl", number(held_out.has_value(), c.parts.kl)},
          {"attention", number(held_out.has_value(), c.parts.attention)},
          {"accuracy", nullptr},
          {"agreement", nullptr},
          {"test_kl", nullptr},
          {"zero_share", nullptr},
          {"energy", nullptr},
          {"layers", to_json(staircases, model)}};
}

Json student_json(const std::filesystem::path& file, const Model& student) {
  return {{"file", file.filename().string()}, {"checksum", std::to_string(checksum(student))}};
}

std::string measures_header() {
  return line("%-24s %9s %11s %8s %10s %13s\n", "", "accuracy", "agreement", "KL", "zeros",
              "energy");
}

std::string measures_row(const std::string& name, const Measures& m, bool labeled) {
  const std::string accuracy = labeled ? line("%.2f %%", 100 * m.accuracy) : "-";
  return line("%-24s %9s %9.2f %% %8.4f %8.1f %% %10.1f uJ\n", name.c_str(), accuracy.c_str(),
              100 * m.agreement, m.kl, 100 * m.zero_share, microjoules(m));
}

double microjoules(const Measures& m) { return 1e-6 * total(m.energy); }

void add_verdict(Json& result, const TestReport& v, const std::string& teacher_file, bool labeled,
                 const Model& model) {
  result["teacher"] = {{"file", teacher_file}, {"accuracy", number(labeled, v.teacher.accuracy)}};
  result["mse"] = to_json(v.mse, 0, labeled, model);
  result["start"] = to_json(v.start, 0, labeled, model);
  result["candidates"] = Json::array();
  for (size_t i = 0; i < v.candidates.size(); ++i)
    result["candidates"].push_back(to_json(v.candidates[i], i + 1, labeled, model));
  result["selected"] = to_json(v.selected, 1, labeled, model);
  result["reconstructed"] = v.selected.calibrated.has_value();
  if (v.before_finetuning)
    result["selected"]["before_finetuning"] = to_json(*v.before_finetuning, labeled);
  result["within_max_drop"] = v.within;
  result["energy"] = energy_json(v, model);
}

Json front_json(const std::vector<Candidate>& front, const TestReport& v, bool labeled,
                const Model& model) {
  Json list = Json::array();
  for (const Candidate& c : front) {
    Json json = {{"energy", microjoules(v.teacher) * c.parts.energy},
                 {"agreement", c.parts.agreement},
                 {"kl", c.parts.kl},
                 {"attention", c.parts.attention},
                 {"reward", c.reward}};
    const Measures* measured = v.start.candidate.f == c.f ? &v.start.measures : nullptr;
    for (const Deployed& d : v.candidates)
      if (d.candidate.f == c.f) measured = &d.measures;
    json["accuracy"] = labeled && measured ? Json(measured->accuracy) : Json();
    json["test_agreement"] = measured ? Json(measured->agreement) : Json();
    json["layers"] = to_json(c.f, model);
    list.push_back(std::move(json));
  }
  return list;
}

std::string verdict_table(const TestReport& v, bool labeled, double max_drop_points) {
  std::string table = measures_header();
  const auto row = [&](const std::string& name, const Measures& m) {
    table += measures_row(name, m, labeled);
  };
  row("teacher", v.teacher);
  const auto all = [&](const std::string& name, const Deployed& d) {
    if (d.uncalibrated) row(name + ", uncalibrated", *d.uncalibrated);
    if (d.calibrated) row(name + ", calibrated", *d.calibrated);
    row(name, d.measures);
  };
  all("MSE start", v.mse);
  const StaircaseSet& start = v.start.candidate.f;
  const bool mixed = std::any_of(start.begin(), start.end(),
                                 [](const auto& f) { return kind_of(f) == TapKind::two_levels; });
  if (start != v.mse.candidate.f) all(mixed ? "start, mixed" : "start, some at 8 bits", v.start);
  Deployed found = v.selected;
  if (v.before_finetuning) found.measures = *v.before_finetuning;
  all("best found", found);
  if (v.before_finetuning) row("fine-tuned", v.selected.measures);
  if (!v.within)
    table += line("the best found loses more than %g points to the teacher\n", max_drop_points);
  return table;
}

std::string front_table(const std::vector<Candidate>& front, const Measures& teacher) {
  std::string table = line("%-24s %9s %11s %8s %10s %13s\n", "front, held-out pictures", "",
                           "agreement", "KL", "", "energy");
  for (const Candidate& c : front)
    table += line("%-24s %9s %9.2f %% %8.4f %10s %10.1f uJ\n", "", "", 100 * c.parts.agreement,
                  c.parts.kl, "", microjoules(teacher) * c.parts.energy);
  return table;
}

}  // namespace tri
