#include "tools/report/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "data/base/file.h"

namespace tri {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (size_t begin = 0;;) {
    const size_t end = line.find(',', begin);
    cells.push_back(line.substr(begin, end - begin));
    if (end == std::string::npos) return cells;
    if (cells.size() > kMostCsvColumns) return cells;
    begin = end + 1;
  }
}

Json value_of(const std::string& cell) {
  if (cell.empty()) return nullptr;
  double number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  const bool is_number = error == std::errc() && end == cell.data() + cell.size();
  return is_number && std::isfinite(number) ? Json(number) : Json(cell);
}

}  // namespace

int Csv::column(const std::string& name) const {
  const auto found = std::ranges::find(columns, name);
  return found == columns.end() ? -1 : int(found - columns.begin());
}

Csv read_csv(const std::filesystem::path& file) {
  const std::vector<uint8_t> bytes = read_file(file, kMostCsvBytes);
  Csv csv;
  size_t number = 0;
  for (auto begin = bytes.begin(); begin != bytes.end();) {
    const auto end = std::find(begin, bytes.end(), '\n');
    std::string line(begin, end);
    begin = end == bytes.end() ? end : end + 1;
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    std::vector<std::string> cells = cells_of(line);
    if (number == 1) {
      csv.columns = std::move(cells);
      if (csv.columns.size() > kMostCsvColumns)
        throw Error(file.string() + ": has more than " + std::to_string(kMostCsvColumns) +
                    " columns");
      continue;
    }
    if (cells.size() != csv.columns.size())
      throw Error(file.string() + ": line " + std::to_string(number) + " has " +
                  std::to_string(cells.size()) + " cells, expected " +
                  std::to_string(csv.columns.size()) + " as in the first");
    if (csv.rows.size() == kMostCsvRows)
      throw Error(file.string() + ": has more than " + std::to_string(kMostCsvRows) + " rows");
    csv.rows.push_back(std::move(cells));
  }
  if (csv.columns.empty()) throw Error(file.string() + ": is empty, expected a log");
  return csv;
}

Json to_json(const Csv& csv) {
  Json rows = Json::array();
  for (const auto& cells : csv.rows) {
    Json row = Json::array();
    for (const std::string& cell : cells) row.push_back(value_of(cell));
    rows.push_back(std::move(row));
  }
  return {{"columns", csv.columns}, {"rows", std::move(rows)}};
}

}  // namespace tri
