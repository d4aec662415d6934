#include "tools/report/page/run_files.h"

#include <algorithm>

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

void add_training(const fs::path& log, RunFiles& run) {
  const Csv csv = read_csv(log);
  if (!is_training_log(csv)) return;
  if (run.trainings.size() == kMostTrainings)
    throw Error(run.path.string() + ": holds more than " + std::to_string(kMostTrainings) +
                " trainings: name the model file of one");
  run.all.push_back(log);
  TrainingFiles t{{}, log.stem().string(), to_json(csv), nullptr, nullptr};
  const auto beside = [&log](const char* end) { return fs::path(log).replace_extension(end); };
  for (const char* end : {".tri", ".q8"})
    if (t.model.empty() && fs::exists(beside(end))) t.model = beside(end);
  if (t.model.extension() == ".tri")
    t.report = read_checked(beside(".json"), finetuning_schema(), run);
  t.run = read_checked(beside(".run.json"), run_schema(), run);
  if (t.model.empty())
    run.notes.push_back(log.string() + ": the training has not ended, so there is no model");
  else
    run.all.push_back(t.model);
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

std::vector<fs::path> logs_in(const fs::path& folder) {
  std::vector<fs::path> logs;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".csv" && entry.path().filename() != "search.csv" &&
        entry.is_regular_file())
      logs.push_back(entry.path());
  std::ranges::sort(logs);
  return logs;
}

}  // namespace

RunFiles read_run(const fs::path& path) {
  if (!fs::exists(path)) throw Error(path.string() + ": there is no such folder or file");
  RunFiles run{path, nullptr, nullptr, nullptr, {}, {}, {}, {}};
  if (fs::is_directory(path)) {
    add_search(path, run);
    for (const fs::path& log : logs_in(path)) add_training(log, run);
  } else if (const fs::path log = fs::path(path).replace_extension(".csv"); fs::exists(log)) {
    add_training(log, run);
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

std::string command_of(const Json& run) {
  std::string command;
  if (run.is_null()) return command;
  for (const Json& word : run["command"])
    command += (command.empty() ? "" : " ") + shell_quoted(word.get<std::string>());
  return command;
}

}  // namespace tri
