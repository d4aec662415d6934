// ./report from the command line on, and what it gathers from folders.
#include "data/base/file.h"
#include "tests/support/program.h"
#include "tests/support/test.h"
#include "tools/report/page/gather.h"
#include "tools/report/page/schema.h"

using namespace tri;
namespace fs = std::filesystem;
using doctest::Contains;

namespace {

struct Searched {
  Bench bench;
  explicit Searched(const std::string& more = "") {
    const Ran ran = bench.search("--reconstruction 0 --data " + bench.data + " " + more);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
  }
  Json gathered(const std::string& data = "") const {
    ReportOptions options;
    options.data = data;
    return gather({bench.out}, options)["folders"][0];
  }
  std::string finetuned(const std::string& name) const {
    const std::string file = bench.out + "/" + name + ".tri";
    const Ran ran =
        run(program("finetune") + " " + bench.out + "/alexnet.tri --teacher " + bench.teacher +
            " --data " + bench.data + " --epochs 2 --batch 12 --out " + file);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return file;
  }
};

void change(const fs::path& file, const std::function<void(Json&)>& edit) {
  Json json = read_json(file, 1 << 24);
  edit(json);
  write_file(file, dump(json));
}

}  // namespace

TEST_CASE("what searches write is as the schema says, to the last key") {
  for (const std::string more :
       {"", "--energy-budget 60%", "--algo all --seeds 2 --top 2",
        "--energy-weight 0.1 --finetune 1", "--no-equalize --no-calibrate"}) {
    CAPTURE(more);
    const Searched searched(more);
    const fs::path result = searched.bench.out + "/result.json",
                   log = searched.bench.out + "/run.json";
    CHECK_NOTHROW(require_schema(read_json(result), result_schema(), result));
    CHECK_NOTHROW(require_schema(read_json(log), run_schema(), log));
    const fs::path fine = searched.bench.out + "/alexnet-fine.json";
    REQUIRE(fs::exists(fine) == (more.find("--finetune") != std::string::npos));
    if (!fs::exists(fine)) continue;
    CHECK_NOTHROW(require_schema(read_json(fine), finetuning_schema(), fine));
    // Its student is the search's: the page shows it once.
    CHECK(searched.gathered()["networks"].size() == 2);
  }
}

TEST_CASE("what is not as the schema says is an error that names file and place") {
  const Searched searched;
  const fs::path file = searched.bench.out + "/result.json";
  const auto refuses = [&](const std::function<void(Json&)>& edit, const char* words) {
    Json json = read_json(file);
    edit(json);
    CHECK_THROWS_WITH_AS(require_schema(json, result_schema(), "a/result.json"), Contains(words),
                         Error);
  };
  refuses([](Json& j) { j["version"] = 2; },
          "a/result.json: is not as its schema says, at [version]");
  refuses([](Json& j) { j["selected"]["layers"][1]["t1"] = 256; }, "at [selected][layers][1][t1]");
  refuses([](Json& j) { j["teacher"]["accuracy"] = "good"; }, "at [teacher][accuracy]");
  refuses([](Json& j) { j.erase("front"); }, "front");
  refuses([](Json& j) { j["another"] = 1; }, "another");
  refuses([](Json& j) { j = Json::array(); }, "at the whole");
}

TEST_CASE("a search's report has all parts; a fine-tuning joins them") {
  const Searched searched;
  const Json before = searched.gathered();
  CHECK(before["notes"].empty());
  CHECK(before["networks"].size() == 2);
  CHECK(before["networks"][1]["agreement"] == before["result"]["selected"]["agreement"]);
  CHECK(before["networks"][1]["accuracy"] == before["result"]["selected"]["accuracy"]);
  CHECK(before["intervals"]["count"] == 20);
  CHECK(before["pictures"]["count"] == 20);
  for (const char* part : {"taps", "attention", "disagreements", "search_log"})
    CHECK(!before[part].is_null());
  CHECK(before["commands"][0].get<std::string>().find("search alexnet") != std::string::npos);
  CHECK(before["trainings"].empty());

  const std::string file = searched.finetuned("fine");
  const fs::path report = searched.bench.out + "/fine.json";
  CHECK_NOTHROW(require_schema(read_json(report), finetuning_schema(), report));
  const Json after = searched.gathered();
  CHECK(after["notes"].empty());
  REQUIRE(after["networks"].size() == 3);
  CHECK(after["networks"][2]["role"] == "fine-tuned");
  CHECK(after["networks"][2]["agreement"] == read_json(report)["finetuned"]["agreement"]);
  CHECK(after["commands"].size() == 2);
  CHECK(after["trainings"][0]["log"]["rows"].size() == 2);
  CHECK(after["files"].size() == 10);
  // One of several rounds has no log of its own.
  fs::remove(searched.bench.out + "/fine.csv");
  const Json rounds = searched.gathered();
  CHECK(rounds["networks"].size() == 3);
  REQUIRE(rounds["trainings"].size() == 1);
  CHECK(rounds["trainings"][0]["log"].is_null());
  // The fine-tuning alone.
  const Json alone = gather({file}, {})["folders"][0];
  CHECK(alone["result"].is_null());
  CHECK(alone["pictures"]["of"] == searched.bench.data);  // as its command says
  CHECK(alone["trainings"].size() == 1);
}

TEST_CASE("a report leaves out what it has no pictures, labels or networks for, and says so") {
  const Searched searched;
  const auto notes = [&](const Json& json) { return json["notes"].dump(); };
  {
    const fs::path student = searched.bench.out + "/alexnet.tri";
    fs::rename(student, student.string() + ".away");
    const Json json = searched.gathered();
    CHECK(notes(json).find("alexnet.tri: not there") != std::string::npos);
    CHECK(json["networks"].size() == 1);
    CHECK(json["taps"].is_null());
    fs::rename(student.string() + ".away", student);
  }
  const fs::path moved = searched.bench.data + "-moved";
  fs::rename(searched.bench.data, moved);
  setenv("CIFAR10_DIR", "/nowhere", 1);
  const Json json = searched.gathered();
  unsetenv("CIFAR10_DIR");
  CHECK(notes(json).find("without pictures the page shows no staircases") != std::string::npos);
  CHECK(json["networks"].is_null());
  CHECK(json["disagreements"].is_null());
  CHECK(json["result"]["selected"].is_object());
  CHECK(searched.gathered(moved)["networks"].size() == 2);
  CHECK_THROWS_WITH_AS(searched.gathered("/nowhere"), Contains("/nowhere"), Error);

  change(searched.bench.out + "/result.json", [](Json& j) { j["selected"]["agreement"] = 0.125; });
  CHECK(notes(searched.gathered(moved)).find("agreement of the student is 0.1250 in result.json") !=
        std::string::npos);
}

TEST_CASE("a report runs no network that does not belong to its run") {
  const Searched searched;
  const Bench other;
  change(searched.bench.out + "/result.json",
         [&](Json& j) { j["teacher"]["file"] = "nowhere/else.q8"; });
  CHECK(searched.gathered()["networks"].is_null());
  // A path in a report leads to no student in another folder.
  change(searched.bench.out + "/result.json", [&](Json& j) {
    j["teacher"]["file"] = searched.bench.teacher;
    j["student"]["file"] = "../" + fs::path(searched.bench.teacher).filename().string();
  });
  const Json json = searched.gathered();
  CHECK(json["networks"].size() == 1);
  CHECK(json["notes"].dump().find("alexnet.q8: not there") != std::string::npos);
}

TEST_CASE("./report writes a page, or prints its data; what holds no run is an error") {
  const Searched searched;
  const std::string folder = searched.bench.out, report = program("report") + " ";
  const Ran ran = run(report + folder);
  CHECK(ran.status == 0);
  CHECK(ran.out == "written: " + folder + "/report.html\n");
  CHECK(size_of(folder + "/report.html") > 200'000);
  const Ran json = run(report + folder + " " + folder + " --json --out " + folder + "/none.html");
  CHECK(json.status == 0);
  CHECK(Json::parse(json.out)["folders"].size() == 2);
  CHECK(!fs::exists(folder + "/none.html"));
  CHECK(run(report + folder + " --out " + folder + "/b.html").status == 0);
  CHECK(fs::exists(folder + "/b.html"));

  // --open hands the page to xdg-open, as one word.
  const Scratch fake;
  write_file(fake.path / "xdg-open", "#!/bin/sh\necho \"$1\" >" + folder + "/opened\n");
  fs::permissions(fake.path / "xdg-open", fs::perms::owner_all);
  const std::string page = folder + "/a 'b' $c.html";
  const Ran opened = run("PATH=" + fake.path.string() + ":$PATH " + report + folder +
                         " --open --out \"" + folder + "/a 'b' \\$c.html\"");
  CHECK(opened.status == 0);
  const auto shown = read_file(folder + "/opened");
  CHECK(std::string(shown.begin(), shown.end()) == page + "\n");

  const auto error = [&](const std::string& arguments) {
    const Ran failed = run(report + arguments);
    CHECK(failed.status == 1);
    CHECK(failed.out.empty());
    return failed.err;
  };
  CHECK(error(folder + "/none").find("there is no such folder or file") != std::string::npos);
  CHECK(error(searched.bench.data).find("holds no result.json and no log of a training") !=
        std::string::npos);
  write_file(folder + "/result.json", std::string("{\"version\": 1"));
  CHECK(error(folder).find("result.json: is no JSON") != std::string::npos);
}
