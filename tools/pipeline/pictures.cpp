#include "tools/pipeline/pictures.h"

#include <algorithm>
#include <iostream>

#include "data/base/file.h"
#include "data/cifar.h"
#include "data/contact_sheet.h"
#include "data/download.h"
#include "data/find_data.h"

namespace tri {

std::string own_file(const std::string& file) {
  if (std::filesystem::exists(file)) return file;
  std::error_code none;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", none);
  const auto beside = program.parent_path() / file;
  return !none && std::filesystem::exists(beside) ? beside.string() : file;
}

std::string own_teacher(const std::string& net) { return own_file("nets/weights/" + net + ".q8"); }

std::filesystem::path sheet_of(const std::string& teacher_file) {
  return std::filesystem::path(teacher_file).replace_extension(".jpg");
}

Pictures load_synthesized(const Model& teacher, const std::string& teacher_file) {
  const std::filesystem::path sheet = sheet_of(teacher_file);
  if (!std::filesystem::exists(sheet))
    throw Error(sheet.string() + ": not found, expected pictures synthesized from the teacher: '" +
                "./synthesize " + teacher.net + " --teacher " + shell_quoted(teacher_file) +
                "' makes them");
  const Dataset all = load_sheet(sheet, teacher.layers.front().in);
  const int kept = all.size() - all.size() / 4;
  return {all.slice(0, kept), all.slice(kept, all.size()), false, "synthesized", sheet.string()};
}

Pictures load_pictures(const DataOptions& data, bool synthesized, const Model& teacher,
                       const std::string& teacher_file, int test_pictures) {
  Pictures p;
  const Cifar10 found =
      synthesized ? Cifar10{} : find_or_download_cifar10(data.folder, data.offline);
  if (!found.folder.empty()) {
    p = {load_train(found.folder), load_test(found.folder), true, kind_of_data(found.folder),
         found.folder.string()};
    require_fit(p.test, found.folder.string(), teacher.layers.front().in,
                teacher.layers.back().output.c);
  } else {
    if (!synthesized) std::cerr << "no CIFAR-10 (" << found.missing << ")\n";
    std::cerr << "using pictures synthesized from the teacher, which show agreement with it but no "
                 "accuracy\n";
    p = load_synthesized(teacher, teacher_file);
  }
  p.test = p.test.slice(0, std::min(test_pictures, p.test.size()));
  return p;
}

Dataset bench_pictures(const DataOptions& data, const Model& model, int count) {
  Dataset pictures = load_pictures(data, false, model, own_teacher(model.net), count).test;
  if (pictures.size() < count)
    throw Error("there are only " + std::to_string(pictures.size()) + " pictures: lower --batch");
  return pictures;
}

std::string evaluation_of(const std::string& file, const DataOptions& data) {
  return "./evaluate " + shell_quoted(file) +
         (data.folder.empty() ? "" : " --data " + shell_quoted(data.folder));
}

std::string note_without_labels(const Pictures& pictures, const std::string& evaluation) {
  if (pictures.labeled) return "";
  return "measured on " + std::to_string(pictures.test.size()) +
         " pictures synthesized from the teacher, which have no labels; accuracy on real ones: " +
         evaluation + " (needs CIFAR-10: make cifar10)";
}

Json to_json(const Pictures& pictures, const std::string& note) {
  Json json = {{"source", pictures.source}, {"dir", pictures.folder}};
  if (!note.empty()) json["note"] = note;
  return json;
}

}  // namespace tri
