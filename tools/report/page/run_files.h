// What programs left in a folder: a search's result, logs of trainings and fine-tunings, and the
// models beside them. What the models do is left to examination.h.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/base/json.h"

namespace tri {

// A training's or a fine-tuning's. What is not there is null.
struct TrainingFiles {
  std::filesystem::path model;  // .q8 or .tri; empty: there is none
  std::string name;             // of its files, without .csv, .tri or .q8
  Json log, report, run;        // FILE.csv as to_json(Csv) tells it, FILE.json, FILE.run.json
};

struct RunFiles {
  std::filesystem::path path;  // as it was named
  Json result, run, search_log;
  std::filesystem::path student;  // of the search; empty: there is none
  std::vector<TrainingFiles> trainings;
  std::vector<std::filesystem::path> all;  // that were found
  std::vector<std::string> notes;          // what is missing
};

// path: a folder, or the model file of one training in it. Throws Error where nothing is there that
// a program wrote, or a file is damaged.
RunFiles read_run(const std::filesystem::path& path);

// {"file", "bytes", "fnv1a"} of each, the hash in hexadecimal digits.
Json files_json(const std::vector<std::filesystem::path>& files);

// What follows an option of a run.json's command, as "--data DIR" or "--data=DIR"; empty where it
// is not there, or `run` is null.
std::string option_of(const Json& run, const std::string& option);

// The command of a run.json as a shell reads it back; empty where that is null.
std::string command_of(const Json& run);

}  // namespace tri
