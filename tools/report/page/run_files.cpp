#include "tools/report/page/run_files.h"

#include <set>

#include "data/base/error.h"
#include "data/base/file.h"
#include "data/base/hash.h"
#include "data/find_data.h"
#include "tools/report/csv.h"
#include "tools/report/page/schema.h"
#include "tools/report/text.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMostBytes = 1 << 24;  // of a JSON file
constexpr size_t kMostTrainings = 50;

Json read_checked(const fs::path& file, std::string_view schema, RunFiles& run) {
  if (!fs::exists(file)) return nullptr;
  Json json = read_json(file, kMostBytes);
  require_schema(json, schema, file);
  run.all.push_back(file);
  return json;
}

bool is_training_log(const Csv& csv) { return csv.column("epoch") >= 0 && csv.column("loss") >= 0; }

// base: of the files' names, without .csv, .tri or .q8.
void add_training(const fs::path& base, RunFiles& run) {
  const auto file = [&base](const char* end) { return fs::path(base.string() + end); };
  TrainingFiles t{{}, base.filename().string(), nullptr, nullptr, nullptr};
  std::vector<fs::path> found;
  if (fs::exists(file(".csv"))) {
    const Csv csv = read_csv(file(".csv"));
    if (!is_training_log(csv)) return;
    t.log = to_json(csv);
    found.push_back(file(".csv"));
  }
  for (const char* end : {".tri", ".q8"})
    if (t.model.empty() && fs::exists(file(end))) t.model = file(end);
  if (t.model.extension() == ".tri")
    t.report = read_checked(file(".json"), finetuning_schema(), run);
  if (t.log.is_null() && t.report.is_null()) return;
  if (run.trainings.size() == kMostTrainings)
    throw Error(run.path.string() + ": holds more than " + std::to_string(kMostTrainings) +
                " trainings: name the model file of one");
  t.run = read_checked(file(".run.json"), run_schema(), run);
  if (t.model.empty())
    run.notes.push_back(base.string() + ".csv: the training has not ended, so there is no model");
  else
    found.push_back(t.model);
  run.all.insert(run.all.end(), found.begin(), found.end());
  run.trainings.push_back(std::move(t));
}

void add_search(const fs::path& folder, RunFiles& run) {
  run.result = read_checked(folder / "result.json", result_schema(), run);
  if (run.result.is_null()) return;
  run.run = read_checked(folder / "run.json", run_schema(), run);
  if (const fs::path log = folder / "search.csv"; fs::exists(log)) {
    run.search_log = to_json(read_csv(log));
    run.all.push_back(log);
  } else {
    run.notes.push_back(log.string() + ": not there, so the search has no curves");
  }
  if (const fs::path journal = folder / "search.journal"; fs::exists(journal))
    run.all.push_back(journal);
  const Json& student = run.result["student"];
  if (student.is_null()) return;
  // A name alone: a report leads to no other folder.
  run.student = folder / fs::path(student["file"].get<std::string>()).filename();
  if (fs::exists(run.student)) {
    run.all.push_back(run.student);
  } else {
    run.notes.push_back(run.student.string() + ": not there, so the student cannot be run");
    run.student.clear();
  }
}

// Of all trainings that may be in a folder: with a log, or, as one of several rounds has, a report
// beside the model.
std::set<fs::path> bases_in(const fs::path& folder) {
  std::set<fs::path> bases;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path file = entry.path(), base = fs::path(file).replace_extension();
    const bool log = file.extension() == ".csv" && file.filename() != "search.csv";
    const bool reported = file.extension() == ".tri" && fs::exists(base.string() + ".json");
    if ((log || reported) && entry.is_regular_file()) bases.insert(base);
  }
  return bases;
}

}  // namespace

RunFiles read_run(const fs::path& path) {
  if (!fs::exists(path)) throw Error(path.string() + ": there is no such folder or file");
  RunFiles run{path, nullptr, nullptr, nullptr, {}, {}, {}, {}};
  if (fs::is_directory(path)) {
    add_search(path, run);
    for (const fs::path& base : bases_in(path)) add_training(base, run);
  } else {
    add_training(fs::path(path).replace_extension(), run);
  }
  if (run.result.is_null() && run.trainings.empty())
    throw Error(path.string() +
                ": holds no result.json and no log of a training: expected what ./search, ./train "
                "or ./finetune wrote");
  return run;
}

Json files_json(const std::vector<fs::path>& files) {
  Json list = Json::array();
  for (const fs::path& file : files) {
    const std::vector<uint8_t> bytes = read_file(file);
    list.push_back({{"file", file.string()},
                    {"bytes", bytes.size()},
                    {"fnv1a", line("%016llx", static_cast<unsigned long long>(fnv1a(bytes)))}});
  }
  return list;
}

std::string option_of(const Json& run, const std::string& option) {
  if (run.is_null()) return "";
  std::string before, value;
  for (const Json& word : run["command"]) {
    const std::string text = word.get<std::string>();
    if (before == option) value = text;
    if (text.starts_with(option + "=")) value = text.substr(option.size() + 1);
    before = text;
  }
  return value;
}

std::string command_of(const Json& run) {
  std::string command;
  if (run.is_null()) return command;
  for (const Json& word : run["command"])
    command += (command.empty() ? "" : " ") + shell_quoted(word.get<std::string>());
  return command;
}

}  // namespace tri
