// The log of a training (tools/pipeline/train_log.h).
#include "tools/pipeline/train_log.h"

#include "data/base/file.h"
#include "tests/support/test.h"
#include "tools/report/csv.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

EpochRow row(int epoch, std::optional<StudentRow> student = {}) {
  return {epoch, 1.5, 0.5, {}, student, 0.1, 100, false};
}

}  // namespace

TEST_CASE("a training's log goes on after the epoch that it resumes from; the best one is found") {
  const Scratch scratch;
  const fs::path file = scratch.path / "a.csv";
  CHECK(best_epoch(file) == 0);
  TrainLog log(file, 0, 7);
  for (int epoch = 1; epoch <= 4; ++epoch) log.add(row(epoch, StudentRow{0.1, 20, 5.0 / epoch}));
  CHECK(best_epoch(file) == 4);
  TrainLog resumed(file, 2, 7);
  resumed.add(row(3, StudentRow{0.1, 20, 9}));
  const Csv csv = read_csv(file);
  REQUIRE(csv.rows.size() == 3);
  CHECK(csv.rows[1][size_t(csv.column("epoch"))] == "2");
  CHECK(csv.rows[2][size_t(csv.column("held_out_cost"))] == "9.000000");
  for (const auto& cells : csv.rows) CHECK(cells[size_t(csv.column("seed"))] == "7");
  CHECK(best_epoch(file) == 2);
  TrainLog anew(file, 0, 7);
  anew.add(row(1));
  CHECK(read_csv(file).rows.size() == 1);
  CHECK(best_epoch(file) == 0);
}

TEST_CASE("a log of other columns is kept as *.old, not mixed with new rows") {
  const Scratch scratch;
  const fs::path file = scratch.path / "a.csv";
  write_file(file, std::string("epoch,loss\n1,2.5\n"));
  TrainLog log(file, 1, 7);
  log.add(row(2));
  CHECK(read_csv(file).rows.size() == 1);
  CHECK(read_csv(file.string() + ".old").rows[0][1] == "2.5");
}
