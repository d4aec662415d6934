// What a benchmark prints and writes: rows under a heading, the same rows as CSV and JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tri {

using Json = nlohmann::ordered_json;

struct Column {
  std::string name;  // also the key in JSON and CSV
  int width;
  int digits = 0;  // printed after the point
};

class Table {
 public:
  // Prints the heading.
  explicit Table(std::vector<Column> columns);
  // Prints the row. A column that it lacks, or whose number is NaN, is shown as "-", left empty in
  // CSV and null in JSON.
  void add(Json row);
  // Empty names: not written. JSON: {"rows": [...], "summary": summary}.
  void write(const std::string& csv, const std::string& json, const Json& summary) const;

 private:
  std::vector<Column> columns_;
  std::vector<Json> rows_;
};

}  // namespace tri
