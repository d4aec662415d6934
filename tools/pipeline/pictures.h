// The pictures a search sees: CIFAR-10 where there is one, else those of the teacher's sheet.
#pragma once

#include <iostream>
#include <string>

#include "data/cifar.h"
#include "data/download.h"
#include "data/base/file.h"
#include "data/contact_sheet.h"
#include "data/split.h"
#include "engine/integer/model.h"
#include "tools/cli/options.h"

namespace tri {

struct Pictures {
  Dataset train, test;  // for the search, for the verdict
  bool labelled;
  std::string source, folder;  // as result.json tells them; the folder is the sheet where it is one
};

// The teacher that programs take where none is named.
inline std::string own_teacher(const std::string& net) { return "nets/weights/" + net + ".q8"; }

// Where ./synthesize writes the pictures that it makes from a teacher, and a search looks for them.
inline std::filesystem::path sheet_of(const std::string& teacher_file) {
  return std::filesystem::path(teacher_file).replace_extension(".jpg");
}

// The pictures synthesised from the teacher. The verdict is on the last quarter of them.
inline Pictures load_synthesized(const Model& teacher, const std::string& teacher_file) {
  const std::filesystem::path sheet = sheet_of(teacher_file);
  if (!std::filesystem::exists(sheet))
    throw Error(sheet.string() + ": not found, expected pictures synthesised from the teacher: '" +
                "./synthesize " + teacher.net + " --teacher " + teacher_file + "' makes them");
  const Dataset all = load_sheet(sheet, teacher.layers.front().in);
  const int kept = all.size() - all.size() / 4;
  return {all.slice(0, kept), all.slice(kept, all.size()), false, "synthesized", sheet.string()};
}

// Throws Error where a network cannot be measured on the data set.
inline void require_fit(const Dataset& data, const std::filesystem::path& folder,
                        const Model& model) {
  require_fit(data, folder.string(), model.layers.front().in, model.layers.back().output.c);
}

// synthesized: those alone, even where there is a data set. At most `test_pictures` for the verdict.
inline Pictures load_pictures(const DataOptions& data, bool synthesized, const Model& teacher,
                              const std::string& teacher_file, int test_pictures) {
  Pictures p;
  const Cifar10 found =
      synthesized ? Cifar10{} : find_or_download_cifar10(data.folder, data.offline);
  if (!found.folder.empty()) {
    p = {load_train(found.folder), load_test(found.folder), true, kind_of_data(found.folder),
         found.folder.string()};
    require_fit(p.test, found.folder, teacher);
  } else {
    if (!synthesized) std::cerr << "no CIFAR-10 (" << found.missing << ")\n";
    std::cerr << "using pictures synthesised from the teacher, which show agreement with it but no "
                 "accuracy\n";
    p = load_synthesized(teacher, teacher_file);
  }
  p.test = p.test.slice(0, std::min(test_pictures, p.test.size()));
  return p;
}

// Pictures to measure a network's speed on: of CIFAR-10's test set, or of the sheet of the net's
// own teacher. Throws Error where there are fewer than `count`.
inline Dataset bench_pictures(const DataOptions& data, const Model& model, int count) {
  Dataset pictures = load_pictures(data, false, model, own_teacher(model.net), count).test;
  if (pictures.size() < count)
    throw Error("there are only " + std::to_string(pictures.size()) + " pictures: lower --batch");
  return pictures;
}

}  // namespace tri
