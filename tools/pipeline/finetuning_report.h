// What a fine-tuning reports: FILE.json beside FILE.tri, and the table at its end.
#pragma once

#include <filesystem>
#include <string>

#include "data/base/json.h"
#include "tools/pipeline/finetuning.h"

namespace tri {

std::filesystem::path report_of(const std::filesystem::path& out);

// student_file: empty where the student that it began with stands in no file.
Json to_json(const FinetuningResult& result, const FinetuningRun& run,
             const std::string& student_file, const std::string& teacher_file);

// result.json's part about it, where a search ends with it.
Json finetuned_json(const FinetuningResult& result, int epochs);

// Teacher, start and fine-tuned student on the test set.
std::string table(const FinetuningResult& result);
// What max_drop took, as a line of text; empty where it was not asked for.
std::string given_up(const FinetuningResult& result);

}  // namespace tri
