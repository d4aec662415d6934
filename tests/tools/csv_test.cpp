// Logs as tables (tools/report/csv.h).
#include "tools/report/csv.h"

#include "data/base/file.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;

namespace {

Csv read(const std::string& text) {
  const Scratch scratch;
  write_file(scratch.path / "log.csv", text);
  return read_csv(scratch.path / "log.csv");
}

}  // namespace

TEST_CASE("a log's cells are numbers, words or nothing") {
  const Csv csv = read("algorithm,seed,kl\nppo,1,0.25\nall,,nan\r\n1e3x,-2e-3,1e999");
  CHECK(csv.columns == std::vector<std::string>{"algorithm", "seed", "kl"});
  CHECK(csv.column("kl") == 2);
  CHECK(csv.column("KL") == -1);
  const Json json = to_json(csv);
  CHECK(json["columns"] == csv.columns);
  CHECK(json["rows"][0] == Json{"ppo", 1, 0.25});
  CHECK(json["rows"][1] == Json{"all", nullptr, "nan"});
  CHECK(json["rows"][2] == Json{"1e3x", -0.002, "1e999"});
  CHECK(read("a,b\n").rows.empty());
}

TEST_CASE("a log that cannot be right is an error that names its line, before memory is taken") {
  const auto refuses = [](const std::string& text, const char* words) {
    CHECK_THROWS_WITH_AS(read(text), Contains(words), Error);
  };
  refuses("", "log.csv: is empty, expected a log");
  refuses("a,b\n1,2\n1,2,3\n", "log.csv: line 3 has 3 cells, expected 2 as in the first");
  refuses("a,b\n1\n", "line 2 has 1 cells");
  refuses(std::string(kMostCsvColumns, ','), "has more than 100 columns");
  std::string rows = "a\n";
  for (size_t i = 0; i < kMostCsvRows; ++i) rows += "1\n";
  CHECK(read(rows).rows.size() == kMostCsvRows);
  refuses(rows + "1\n", "has more than 100000 rows");
  refuses(std::string(kMostCsvBytes + 1, 'a'), "log.csv: ");
}
