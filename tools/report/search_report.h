// What a search reports: result.json and the tables at its end. Nothing here prints.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/base/json.h"
#include "rl/search/deploy.h"

namespace tri {

// A layer that keeps its 8-bit codes has no staircase: its numbers are null.
Json to_json(const StaircaseSet& staircases, const Model& model);

// What a network is worth; without labels its accuracy is null.
Json to_json(const Measures& m, bool labeled);
// A table of such: its header, and a row.
std::string measures_header();
std::string measures_row(const std::string& name, const Measures& m, bool labeled);

// Microjoules a picture.
double microjoules(const Measures& m);

// A parameter set as result.json tells it where the test set was not asked. held_out: what it
// earned on held-out pictures, where that is known.
Json unmeasured_json(const StaircaseSet& staircases, const std::optional<Candidate>& held_out,
                     const Model& model);
// Which file holds the student, and its checksum: a kill between it and the report leaves a student
// that the report does not name.
Json student_json(const std::filesystem::path& file, const Model& student);

// The part of result.json that the verdict decides.
void add_verdict(Json& result, const TestReport& v, const std::string& teacher_file, bool labeled,
                 const Model& model);

// front: with what held-out pictures say, and the test set of those that were measured on it.
Json front_json(const std::vector<Candidate>& front, const TestReport& v, bool labeled,
                const Model& model);

// Teacher, start and best; max_drop_points: what the student may lose.
std::string verdict_table(const TestReport& v, bool labeled, double max_drop_points);

// Those that no other one beats in agreement and energy, both on held-out pictures.
std::string front_table(const std::vector<Candidate>& front, const Measures& teacher);

}  // namespace tri
