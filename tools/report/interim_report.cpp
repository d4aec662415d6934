#include "tools/report/interim_report.h"

#include <algorithm>
#include <utility>

#include "data/base/file.h"
#include "engine/integer/model_file.h"
#include "tools/report/search_report.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMostBytes = 1 << 24;

// How many phases the report in the folder leaves unfinished; `none` where it does not say.
size_t unfinished_in(const fs::path& report, size_t none) try {
  return read_json(report, kMostBytes).at("unfinished").size();
} catch (const std::exception&) {
  return none;
}

fs::path report_in(const fs::path& folder) { return folder / "result.json"; }

}  // namespace

fs::path student_file(const fs::path& folder, const Model& teacher) {
  return folder / (teacher.net + ".tri");
}

InterimReport::InterimReport(fs::path folder, const Model& teacher, Json base,
                             std::vector<std::string> phases, bool resume)
    : folder_(std::move(folder)),
      teacher_(teacher),
      base_(std::move(base)),
      phases_(std::move(phases)),
      ours_(resume || !fs::exists(report_in(folder_))),
      least_(ours_ ? unfinished_in(report_in(folder_), phases_.size() + 1) : phases_.size() + 1) {
  if (!fs::exists(report_in(folder_))) write_file(report_in(folder_), dump(report(phases_.size())));
}

size_t InterimReport::left_from(const std::string& phase) const {
  return size_t(phases_.end() - std::find(phases_.begin(), phases_.end(), phase));
}

bool InterimReport::wants(const std::string& phase) const { return left_from(phase) < least_; }

Json InterimReport::report(size_t left) const {
  Json report = base_;
  report["unfinished"] = std::vector<std::string>(phases_.end() - int(left), phases_.end());
  for (const char* key : {"evaluations", "seconds", "mse", "start", "selected", "within_max_drop",
                          "energy", "student"})
    report[key] = nullptr;
  for (const char* key : {"candidates", "front"}) report[key] = Json::array();
  return report;
}

void InterimReport::write(const std::string& phase, const Model& student, bool reconstructed,
                          const std::optional<Candidate>& held_out,
                          const std::function<void(const std::string&)>& note) {
  if (!wants(phase)) return;
  const fs::path file = student_file(folder_, teacher_);
  if (!ours_)
    for (const fs::path& old : {file, report_in(folder_)})
      if (const auto kept = keep_as_old(old))
        note(old.string() + ": of an earlier search, kept as " + kept->string());
  ours_ = true;
  Json json = report(left_from(phase));
  json["selected"] = unmeasured_json(student.staircases, held_out, teacher_);
  json["reconstructed"] = reconstructed;
  json["student"] = student_json(file, student);
  save(student, file);
  write_file(report_in(folder_), dump(json));
}

}  // namespace tri
