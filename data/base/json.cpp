#include "data/base/json.h"

#include "data/base/file.h"

namespace tri {

Json read_json(const std::filesystem::path& file, uint64_t limit) {
  const std::vector<uint8_t> bytes = read_file(file, limit);
  std::string key;  // of the outermost object
  const auto within = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth == 1 && event == Json::parse_event_t::key) key = parsed.get<std::string>();
    if (depth > kMostJsonDepth)
      throw Error(file.string() + ": " + (key.empty() ? "" : "\"" + key + "\" ") +
                  "nests deeper than " + std::to_string(kMostJsonDepth) + " levels");
    return true;
  };
  try {
    return Json::parse(bytes.begin(), bytes.end(), within);
  } catch (const Json::exception& error) {
    throw Error(file.string() + ": is no JSON: " + error.what());
  }
}

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tri
