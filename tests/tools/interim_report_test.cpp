// What stands in a search's folder before it has ended (tools/report/interim_report.h).
#include "tools/report/interim_report.h"

#include "data/base/file.h"
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kPhases = {"warm-up", "search", "deployment"};

struct Folder {
  Scratch scratch;
  fs::path report = scratch.path / "result.json", student = scratch.path / "alexnet.tri";
  Model teacher;
  std::vector<std::string> notes;
  Folder() {
    Rng rng(1);
    teacher = random_model(table_of("alexnet"), rng);
    teacher.net = "alexnet";
  }
  InterimReport interim(bool resume) const {
    return InterimReport(scratch.path, teacher, {{"net", "alexnet"}}, kPhases, resume);
  }
  Model student_with(uint8_t t1) const {
    Model model = teacher;
    model.staircases = StaircaseSet(size_t(teacher.taps()), TriSegment{t1, 50, 100, 150});
    return model;
  }
  void write(InterimReport& interim, const std::string& phase, const Model& model) {
    interim.write(phase, model, false, {}, [this](const std::string& n) { notes.push_back(n); });
  }
};

}  // namespace

TEST_CASE("until anything is found there is a report that says so; then a student and its name") {
  Folder f;
  InterimReport interim = f.interim(false);
  const auto empty = json_of(f.report);
  CHECK(empty["unfinished"] == kPhases);
  CHECK(empty["student"].is_null());
  CHECK(empty["net"] == "alexnet");
  f.write(interim, "deployment", f.student_with(7));
  const auto found = json_of(f.report);
  CHECK(found["unfinished"] == std::vector<std::string>{"deployment"});
  CHECK(found["selected"]["layers"][0]["t1"] == 7);
  CHECK(found["selected"]["accuracy"].is_null());
  CHECK(found["student"]["checksum"] == std::to_string(checksum(load_model(f.student, table_of))));
  CHECK(f.notes.empty());
}

TEST_CASE("a search that starts anew keeps the earlier one's student and report") {
  Folder f;
  save(f.student_with(1), f.student);
  write_file(f.report, std::string("{\"unfinished\": []}"));
  const auto before = read_file(f.student);
  InterimReport interim = f.interim(false);
  CHECK(json_of(f.report)["unfinished"].empty());  // nothing is found yet
  f.write(interim, "search", f.student_with(2));
  CHECK(read_file(f.student.string() + ".old") == before);
  CHECK(json_of(f.report.string() + ".old")["unfinished"].empty());
  CHECK(f.notes.size() == 2);
  f.write(interim, "deployment", f.student_with(3));  // its own are not kept
  CHECK(read_file(f.student.string() + ".old") == before);
  CHECK(f.notes.size() == 2);
}

TEST_CASE("a search that goes on leaves a report alone that lacks no more than it would") {
  for (const char* unfinished : {"[]", "[\"deployment\"]"}) {
    Folder f;
    write_file(f.report, "{\"unfinished\": " + std::string(unfinished) + "}");
    InterimReport interim = f.interim(true);
    CHECK(!interim.wants("deployment"));
    f.write(interim, "deployment", f.student_with(1));
    CHECK(!fs::exists(f.student));
  }
  Folder f;
  write_file(f.report, std::string("{\"unfinished\": [\"search\", \"deployment\"]}"));
  InterimReport interim = f.interim(true);
  CHECK(!interim.wants("search"));
  f.write(interim, "deployment", f.student_with(1));
  CHECK(json_of(f.report)["unfinished"].size() == 1);
  CHECK(!fs::exists(f.report.string() + ".old"));
}
