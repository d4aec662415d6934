// What stands in a search's folder before the search has ended: its best student so far, and a
// result.json that leaves out what is not measured yet. A program that is ended early, however,
// leaves these.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/base/json.h"
#include "engine/integer/model.h"
#include "rl/search/candidate.h"

namespace tri {

class InterimReport {
 public:
  // base: the keys that tell which search it is. phases: what the search has to do, in order.
  // resume: a report in the folder is of this very search, and stays where it lacks no more.
  // Writes a report without a student where there is none at all.
  InterimReport(std::filesystem::path folder, const Model& teacher, Json base,
                std::vector<std::string> phases, bool resume);

  // Whether write() would: else there is a report that lacks no more.
  bool wants(const std::string& phase) const;
  // `phase` and those after it are unfinished; this student is what there is. held_out: what it
  // earned on held-out pictures, where that is known. The student and the report of an earlier
  // search are kept as *.old, and noted.
  void write(const std::string& phase, const Model& student, bool reconstructed,
             const std::optional<Candidate>& held_out,
             const std::function<void(const std::string&)>& note);

 private:
  size_t left_from(const std::string& phase) const;
  Json report(size_t left) const;

  std::filesystem::path folder_;
  const Model& teacher_;
  Json base_;
  std::vector<std::string> phases_;
  bool ours_;     // what is in the folder is of this search
  size_t least_;  // phases: a report that leaves fewer unfinished is written
};

// The names of the student's file and of the report.
std::filesystem::path student_file(const std::filesystem::path& folder, const Model& teacher);

}  // namespace tri
