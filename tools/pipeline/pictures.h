// The pictures a search sees: CIFAR-10 where there is one, else those of the teacher's sheet.
#pragma once

#include <iostream>
#include <string>

#include "data/cifar10.h"
#include "data/download.h"
#include "data/base/file.h"
#include "data/contact_sheet.h"
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
inline Pictures load_synthesized(const std::string& net, const std::string& teacher_file) {
  const std::filesystem::path sheet = sheet_of(teacher_file);
  if (!std::filesystem::exists(sheet))
    throw Error(sheet.string() + ": not found, expected pictures synthesised from the teacher: '" +
                "./synthesize " + net + " --teacher " + teacher_file + "' makes them");
  const Dataset all = load_sheet(sheet);
  const int kept = all.size() - all.size() / 4;
  return {all.slice(0, kept), all.slice(kept, all.size()), false, "synthesized", sheet.string()};
}

// synthesized: those alone, even where there is CIFAR-10. At most `test_pictures` for the verdict.
inline Pictures load_pictures(const DataOptions& data, bool synthesized, const std::string& net,
                              const std::string& teacher_file, int test_pictures) {
  Pictures p;
  const Cifar10 found =
      synthesized ? Cifar10{} : find_or_download_cifar10(data.folder, data.offline);
  if (!found.folder.empty()) {
    p = {load_train(found.folder), load_test(found.folder), true, "cifar10", found.folder.string()};
  } else {
    if (!synthesized) std::cerr << "no CIFAR-10 (" << found.missing << ")\n";
    std::cerr << "using pictures synthesised from the teacher, which show agreement with it but no "
                 "accuracy\n";
    p = load_synthesized(net, teacher_file);
  }
  p.test = p.test.slice(0, std::min(test_pictures, p.test.size()));
  return p;
}

// Pictures to measure a network's speed on: of CIFAR-10's test set, or of the sheet of the net's
// own teacher. Throws Error where there are fewer than `count`.
inline Dataset bench_pictures(const DataOptions& data, const std::string& net, int count) {
  Dataset pictures = load_pictures(data, false, net, own_teacher(net), count).test;
  if (pictures.size() < count)
    throw Error("there are only " + std::to_string(pictures.size()) + " pictures: lower --batch");
  return pictures;
}

// The training pictures by what they are for, the first three disjoint: where there are fewer than
// asked for, all three shrink alike. They are the last ones, and those that decide the very last:
// ./train holds these out, and of a picture that it has learned a teacher is surer than of one that
// it meets on the job. Reconstruction may see all that do not decide.
struct Splits {
  Dataset calibration, search, held_out, reconstruction;
};
inline Splits split(const Dataset& train, int calibration, int search, int held_out,
                    int reconstruction) {
  const int64_t wanted = int64_t(calibration) + search + held_out;
  int at = int(std::max<int64_t>(0, train.size() - wanted));
  const auto next = [&](int64_t count) {
    if (wanted > train.size()) count = std::max<int64_t>(1, count * train.size() / wanted);
    const int begin = std::min(at, train.size() - 1);  // of a set of one or two, all see the last
    at = std::min(begin + int(count), train.size());
    return train.slice(begin, at);
  };
  Splits s;
  s.calibration = next(calibration);
  s.search = next(search);
  s.reconstruction = train.slice(std::max(0, at - reconstruction), at);
  s.held_out = next(held_out);
  return s;
}

}  // namespace tri
