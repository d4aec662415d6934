// Logs as tables: a row of names, then rows of cells. No cell holds a comma or a line break, so
// there are no quotes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/base/json.h"

namespace tri {

struct Csv {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // [rows][columns]

  int column(const std::string& name) const;  // -1: there is none
};

// Throws Error, which names file and line, where it cannot be read, is larger than kMostCsvBytes,
// has more than kMostCsvColumns columns or kMostCsvRows rows, or a row has not as many cells as the
// first.
constexpr uint64_t kMostCsvBytes = 1 << 24;
constexpr size_t kMostCsvColumns = 100, kMostCsvRows = 100'000;
Csv read_csv(const std::filesystem::path& file);

// {"columns": [...], "rows": [[...], ...]}: finite numbers as such, null for empty cells, else
// text.
Json to_json(const Csv& csv);

}  // namespace tri
