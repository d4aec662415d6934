// The pictures a search sees: CIFAR-10 where there is one, else those of the teacher's sheet.
#pragma once

#include <filesystem>
#include <string>

#include "data/base/json.h"
#include "data/dataset.h"
#include "engine/integer/model.h"
#include "tools/cli/data_options.h"

namespace tri {

struct Pictures {
  Dataset train, test;  // for the search, for the verdict
  bool labeled;
  std::string source, folder;  // as result.json tells them; the folder is the sheet where it is one
};

// A file of ours: from the current folder, or else from the program's.
std::string own_file(const std::string& file);
// The teacher that programs take where none is named.
std::string own_teacher(const std::string& net);

// Where ./synthesize writes the pictures that it makes from a teacher, and a search looks for them.
std::filesystem::path sheet_of(const std::string& teacher_file);

// The pictures synthesized from the teacher. The verdict is on the last quarter of them.
Pictures load_synthesized(const Model& teacher, const std::string& teacher_file);

// synthesized: those alone, even where there is a data set. At most `test_pictures` for the
// verdict.
Pictures load_pictures(const DataOptions& data, bool synthesized, const Model& teacher,
                       const std::string& teacher_file, int test_pictures);

// Pictures to measure a network's speed on: of CIFAR-10's test set, or of the sheet of the net's
// own teacher. Throws Error where there are fewer than `count`.
Dataset bench_pictures(const DataOptions& data, const Model& model, int count);

// The command that measures the accuracy of a network in a file.
std::string evaluation_of(const std::string& file, const DataOptions& data);

// What stands under tables without accuracies: what they were measured on, and that command. Empty
// where there are labels.
std::string note_without_labels(const Pictures& pictures, const std::string& evaluation);

Json to_json(const Pictures& pictures, const std::string& note);

}  // namespace tri
