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

TEST_CASE(
    "a training's log goes on after the epoch that it resumes from, and tells what students "
    "earned") {
  const Scratch scratch;
  const fs::path file = scratch.path / "a.csv";
  CHECK(student_epochs(file).empty());
  TrainLog log(file, 0, 7);
  for (int epoch = 1; epoch <= 4; ++epoch) log.add(row(epoch, StudentRow{0.1, 20, 5.0 / epoch}));
  REQUIRE(student_epochs(file).size() == 4);
  const StudentRow third = student_epochs(file)[2].row, logged = as_logged({0.1, 20, 5.0 / 3});
  CHECK(third.cost == logged.cost);
  CHECK(third.cost == doctest::Approx(5.0 / 3).epsilon(1e-6));
  TrainLog resumed(file, 2, 7);
  resumed.add(row(3, StudentRow{0.1, 20, 9}));
  const Csv csv = read_csv(file);
  REQUIRE(csv.rows.size() == 3);
  CHECK(csv.rows[1][size_t(csv.column("epoch"))] == "2");
  CHECK(csv.rows[2][size_t(csv.column("held_out_cost"))] == "9.000000");
  for (const auto& cells : csv.rows) CHECK(cells[size_t(csv.column("seed"))] == "7");
  CHECK(student_epochs(file)[2].row.cost == 9);
  TrainLog anew(file, 0, 7);
  anew.add(row(1));
  CHECK(read_csv(file).rows.size() == 1);
  CHECK(student_epochs(file).empty());
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
