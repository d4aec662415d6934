// What JSON files of programs hold, as JSON schemas (draft 7) in tools/report/*.schema.json.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/base/json.h"

namespace tri {

std::string_view result_schema();      // result.json, of a search
std::string_view run_schema();         // run.json, of any program
std::string_view finetuning_schema();  // FILE.json, of a fine-tuning

// Throws Error, which names the file, the place in it and what is wrong there, where `json` is not
// what the schema describes.
void require_schema(const Json& json, std::string_view schema, const std::filesystem::path& file);

}  // namespace tri
