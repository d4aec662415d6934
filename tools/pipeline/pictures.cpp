#include "tools/pipeline/pictures.h"

#include <algorithm>
#include <iostream>

#include "data/base/file.h"
#include "data/contact_sheet.h"
#include "data/download.h"

namespace tri {

std::string own_teacher(const std::string& net) { return "nets/weights/" + net + ".q8"; }

std::filesystem::path sheet_of(const std::string& teacher_file) {
  return std::filesystem::path(teacher_file).replace_extension(".jpg");
}

Pictures load_synthesized(const std::string& net, const std::string& teacher_file) {
  const std::filesystem::path sheet = sheet_of(teacher_file);
  if (!std::filesystem::exists(sheet))
    throw Error(sheet.string() + ": not found, expected pictures synthesised from the teacher: '" +
                "./synthesize " + net + " --teacher " + teacher_file + "' makes them");
  const Dataset all = load_sheet(sheet);
  const int kept = all.size() - all.size() / 4;
  return {all.slice(0, kept), all.slice(kept, all.size()), false, "synthesized", sheet.string()};
}

Pictures load_pictures(const DataOptions& data, bool synthesized, const std::string& net,
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

Dataset bench_pictures(const DataOptions& data, const std::string& net, int count) {
  Dataset pictures = load_pictures(data, false, net, own_teacher(net), count).test;
  if (pictures.size() < count)
    throw Error("there are only " + std::to_string(pictures.size()) + " pictures: lower --batch");
  return pictures;
}

Splits split(const Dataset& train, int calibration, int search, int held_out,
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

std::string evaluation_of(const std::string& file, const DataOptions& data) {
  return "./evaluate " + file + (data.folder.empty() ? "" : " --data " + data.folder);
}

std::string note_without_labels(const Pictures& pictures, const std::string& evaluation) {
  if (pictures.labelled) return "";
  return "measured on " + std::to_string(pictures.test.size()) +
         " pictures synthesised from the teacher, which have no labels; accuracy on real ones: " +
         evaluation + " (needs CIFAR-10: make cifar10)";
}

Json to_json(const Pictures& pictures, const std::string& note) {
  Json json = {{"source", pictures.source}, {"dir", pictures.folder}};
  if (!note.empty()) json["note"] = note;
  return json;
}

}  // namespace tri
