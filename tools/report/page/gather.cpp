#include "tools/report/page/gather.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "data/base/error.h"
#include "data/base/file.h"
#include "data/cifar.h"
#include "data/find_data.h"
#include "data/split.h"
#include "distill/correct/equalize.h"
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tools/cli/version.h"
#include "tools/pipeline/pictures.h"
#include "tools/report/page/examination.h"
#include "tools/report/page/run_files.h"
#include "tools/report/text.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

constexpr int kJudged = 512;  // pictures that single staircases are judged on

// A number among the options of a result.json; 0 where there is none.
int number_of(const Json& result, const std::string& option) {
  int number = 0;
  if (result.is_null()) return number;
  const std::string text = result["options"].value(option, "");
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::max(number, 0);
}

class Gathering {
 public:
  Gathering(const fs::path& path, const ReportOptions& options)
      : options_(options), run_(read_run(path)) {}

  Json json() {
    load_networks();
    if (!subjects_.empty()) find_pictures();
    Json json = {
        {"path", run_.path.string()},    {"notes", nullptr},        {"files", nullptr},
        {"commands", commands()},        {"result", run_.result},   {"intervals", intervals()},
        {"search_log", run_.search_log}, {"trainings", trainings()}};
    for (const char* part : {"pictures", "networks", "taps", "attention", "disagreements"})
      json[part] = nullptr;
    if (pictures_) examine(json);
    json["files"] = files_json(run_.all);
    json["notes"] = run_.notes;
    return json;
  }

 private:
  void note(const std::string& text) { run_.notes.push_back(text); }

  // The last fine-tuning that wrote a student.
  const TrainingFiles* finetuning() const {
    const TrainingFiles* last = nullptr;
    for (const TrainingFiles& t : run_.trainings)
      if (!t.report.is_null() && !t.model.empty()) last = &t;
    return last;
  }

  std::string teacher_file() const {
    std::string file;
    if (!run_.result.is_null())
      file = run_.result["teacher"]["file"].get<std::string>();
    else if (const TrainingFiles* t = finetuning())
      file = t->report["teacher"].value("file", "");
    else
      for (const TrainingFiles& t : run_.trainings)
        if (t.model.extension() == ".q8") file = t.model.string();
    if (file.empty() || fs::exists(file)) return file;
    // Of a program that was started elsewhere.
    const std::string own = own_teacher(fs::path(file).stem().string());
    return fs::exists(own) ? own : file;
  }

  void load_networks() {
    const std::string file = teacher_file();
    if (file.empty()) return note("no model of this run is there, so no network is run");
    if (!add("teacher", file)) return;
    if (!run_.student.empty()) add("student", run_.student);
    const TrainingFiles* fine = finetuning();
    if (!fine) return;
    // A search with --finetune has written its student twice.
    if (!run_.student.empty() && run_.result.contains("finetuned") &&
        read_file(fine->model) == read_file(run_.student))
      return;
    if (const fs::path start = fine->report["start"].value("file", "");
        run_.student.empty() && fs::exists(start))
      add("student", start);
    add("fine-tuned", fine->model);
  }

  // Whether it could be loaded and belongs to the teacher.
  bool add(const std::string& role, const fs::path& file) try {
    Model model = load_model(file, table_of);
    if (model.attention.empty()) model.attention = attention_of({model.net}, model.layers);
    if (!subjects_.empty()) {
      const Model& teacher = subjects_.front().network.model();
      if (hash(model.layers) != hash(teacher.layers) || model.classes != teacher.classes ||
          model.staircases.empty() || (model.teacher && model.teacher != checksum(teacher))) {
        note(file.string() + ": is no student of " + subjects_.front().file + ", so it is not run");
        return false;
      }
    } else if (!model.staircases.empty()) {
      note(file.string() + ": is a student, expected a teacher, so no network is run");
      return false;
    }
    if (std::ranges::find(run_.all, file) == run_.all.end()) run_.all.push_back(file);
    subjects_.push_back({role, file.string(), Network(std::move(model))});
    return true;
  } catch (const Error& error) {
    note(std::string(error.what()) + ", so no network is run");
    return false;
  }

  // Where the run says that its pictures are; empty where it does not.
  fs::path told_folder() const {
    if (!run_.result.is_null()) return run_.result["data"]["dir"].get<std::string>();
    std::string folder;
    for (const TrainingFiles& t : run_.trainings)
      if (const std::string told = option_of(t.run, "--data"); !told.empty()) folder = told;
    return folder;
  }

  // Those that the run was measured on, or what the user named.
  void find_pictures() {
    const Json& result = run_.result;
    const Model& teacher = subjects_.front().network.model();
    try {
      if (!result.is_null() && result["data"]["source"] == "synthesized" && options_.data.empty()) {
        pictures_ = load_synthesized(teacher, subjects_.front().file);
      } else {
        fs::path folder = options_.data;
        if (folder.empty())
          if (const fs::path told = told_folder(); !told.empty() && holds_data(told)) folder = told;
        if (folder.empty() || !options_.data.empty()) folder = find_data(folder);
        if (folder.empty()) throw Error("no pictures: --data names their folder");
        Pictures p{load_train(folder), load_test(folder), true, kind_of_data(folder),
                   folder.string()};
        require_fit(p.test, p.folder, teacher.layers.front().in, int(teacher.classes.size()));
        pictures_ = std::move(p);
      }
    } catch (const Error& error) {
      if (!options_.data.empty()) throw;
      return note(std::string(error.what()) +
                  ": without pictures the page shows no staircases on histograms, no attention "
                  "maps and no confusion matrices");
    }
    if (!pictures_->labeled)
      note(
          "the pictures are made from the teacher and have no labels: the page shows no "
          "accuracies and no confusion matrices");
    if (const int count = number_of(result, "--test"); count > 0)
      pictures_->test = pictures_->test.slice(0, std::min(count, pictures_->test.size()));
  }

  void examine(Json& json) {
    const Dataset& test = pictures_->test;
    const bool labeled = pictures_->labeled;
    const Model& teacher = subjects_.front().network.model();
    options_.note("running " + std::to_string(subjects_.size()) + " networks of " +
                  run_.path.string() + " on " + std::to_string(test.size()) + " pictures");
    const Shape s = test.shape();
    json["pictures"] = {{"of", pictures_->folder},
                        {"count", test.size()},
                        {"labeled", labeled},
                        {"shape", {s.h, s.w, s.c}},
                        {"classes", teacher.classes}};
    json["networks"] = networks_json(subjects_, test, labeled, options_.energies);
    check_against_result(json["networks"]);
    if (!run_.result.is_null() && subjects_.size() > 1 && subjects_[1].role == "student")
      json["taps"] = taps();
    if (subjects_.size() < 2) return;
    if (!teacher.attention.empty()) json["attention"] = attention_json(subjects_, test, labeled);
    json["disagreements"] = disagreements_json(subjects_, test, labeled);
  }

  // Histograms and single staircases need what the student was made of, on the search's pictures.
  Json taps() {
    const Json& result = run_.result;
    const Dataset& train = pictures_->train;
    const Splits parts = split(
        train,
        {std::max(1, number_of(result, "--calibration")), std::max(1, number_of(result, "--pool")),
         std::max(1, number_of(result, "--held-out")), 0},
        pictures_->labeled ? held_out_count(train.size()) : 0);
    const IntNet& teacher = subjects_.front().network.net();
    const Dataset judged = parts.search.slice(0, std::min(kJudged, parts.search.size()));
    const bool calibrated = result["calibrated"].get<bool>();
    const StaircaseSet& f = subjects_[1].network.model().staircases;
    if (!result["equalized"].get<bool>())
      return taps_json(teacher, f, parts.calibration, judged, calibrated);
    return taps_json(IntNet(equalized(teacher, parts.calibration)), f, parts.calibration, judged,
                     calibrated);
  }

  // Whether this run of the student gives what its report tells.
  void check_against_result(const Json& networks) {
    const Json& selected = run_.result.is_null() ? Json() : run_.result["selected"];
    if (selected.is_null() || networks.size() < 2 || networks[1]["role"] != "student") return;
    const Json &told = selected["agreement"], &now = networks[1]["agreement"];
    if (!told.is_null() && std::abs(told.get<double>() - now.get<double>()) > 1e-9)
      note(
          line("agreement of the student is %.4f in result.json and %.4f here: the pictures, or "
               "the files, are others",
               told.get<double>(), now.get<double>()));
  }

  // 95 % confidence intervals of what result.json tells.
  Json intervals() const {
    const Json& result = run_.result;
    const int n = number_of(result, "--test");
    Json json = {{"teacher", nullptr}, {"student", nullptr}};
    if (result.is_null() || n == 0) return json;
    json["count"] = n;
    if (const Json& a = result["teacher"]["accuracy"]; !a.is_null())
      json["teacher"] = interval(a.get<double>(), n);
    if (const Json& s = result["selected"]; !s.is_null() && !s["accuracy"].is_null())
      json["student"] = interval(s["accuracy"].get<double>(), n);
    return json;
  }

  Json commands() const {
    Json list = Json::array();
    if (const std::string command = command_of(run_.run); !command.empty()) list.push_back(command);
    for (const TrainingFiles& t : run_.trainings)
      if (const std::string command = command_of(t.run); !command.empty()) list.push_back(command);
    return list;
  }

  Json trainings() const {
    Json list = Json::array();
    for (const TrainingFiles& t : run_.trainings)
      list.push_back({{"name", t.name}, {"log", t.log}, {"report", t.report}});
    return list;
  }

  const ReportOptions& options_;
  RunFiles run_;
  std::vector<Examined> subjects_;  // the teacher first
  std::optional<Pictures> pictures_;
};

}  // namespace

Json gather(const std::vector<fs::path>& paths, const ReportOptions& options) {
  Json folders = Json::array();
  for (const fs::path& path : paths) folders.push_back(Gathering(path, options).json());
  return {{"version", 1}, {"program", kVersion}, {"folders", folders}};
}

}  // namespace tri
