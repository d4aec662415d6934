// The pictures a search sees: CIFAR-10 where there is one, else those of the teacher's sheet.
#pragma once

#include <filesystem>
#include <string>

#include "data/cifar10.h"
#include "tools/cli/json.h"
#include "tools/cli/options.h"

namespace tri {

struct Pictures {
  Dataset train, test;  // for the search, for the verdict
  bool labelled;
  std::string source, folder;  // as result.json tells them; the folder is the sheet where it is one
};

// The teacher that programs take where none is named.
std::string own_teacher(const std::string& net);

// Where ./synthesize writes the pictures that it makes from a teacher, and a search looks for them.
std::filesystem::path sheet_of(const std::string& teacher_file);

// The pictures synthesised from the teacher. The verdict is on the last quarter of them.
Pictures load_synthesized(const std::string& net, const std::string& teacher_file);

// synthesized: those alone, even where there is CIFAR-10. At most `test_pictures` for the verdict.
Pictures load_pictures(const DataOptions& data, bool synthesized, const std::string& net,
                       const std::string& teacher_file, int test_pictures);

// Pictures to measure a network's speed on: of CIFAR-10's test set, or of the sheet of the net's
// own teacher. Throws Error where there are fewer than `count`.
Dataset bench_pictures(const DataOptions& data, const std::string& net, int count);

// The training pictures by what they are for, the first three disjoint: where there are fewer than
// asked for, all three shrink alike. They are the last ones, and those that decide the very last:
// ./train holds these out, and of a picture that it has learned a teacher is surer than of one that
// it meets on the job. Reconstruction may see all that do not decide.
struct Splits {
  Dataset calibration, search, held_out, reconstruction;
};
Splits split(const Dataset& train, int calibration, int search, int held_out,
             int reconstruction);

// The command that measures the accuracy of a network in a file.
std::string evaluation_of(const std::string& file, const DataOptions& data);

// What stands under tables without accuracies: what they were measured on, and that command. Empty
// where there are labels.
std::string note_without_labels(const Pictures& pictures, const std::string& evaluation);

Json to_json(const Pictures& pictures, const std::string& note);

}  // namespace tri
