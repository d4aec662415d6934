// Real searches that are killed, interrupted and run out of room, and go on to the end.
#include <chrono>
#include <random>
#include <sstream>

#include "data/base/file.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  const auto bytes = read_file(file);
  return {bytes.begin(), bytes.end()};
}

// The rows of search.csv without their seconds.
std::vector<std::string> rows_of(const fs::path& file) {
  std::istringstream lines(text_of(file));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream columns(line);
    rows.emplace_back();
    std::string column;
    for (int i = 0; std::getline(columns, column, ','); ++i)
      if (i != 3) rows.back() += column + ",";
  }
  return rows;
}

struct Searches {
  Bench bench;
  std::string command;  // without the folder, which comes last
  explicit Searches(const std::string& options)
      : command(program("search") + " alexnet --teacher " + bench.teacher + " --data " +
                bench.data + " --batch 1 --pool 8 --held-out 2 --calibration 2 --reconstruction 0" +
                " --top 1 --test 4 " + options + " --out ") {}
  std::string folder(const std::string& name) const { return (bench.scratch.path / name).string(); }
  void check_same_results(const std::string& a, const std::string& b) const {
    Json one = json_of(a + "/result.json"), two = json_of(b + "/result.json");
    one.erase("seconds"), two.erase("seconds");
    CHECK(one == two);
    CHECK(rows_of(a + "/search.csv") == rows_of(b + "/search.csv"));
    CHECK(read_file(a + "/alexnet.tri") == read_file(b + "/alexnet.tri"));
    CHECK(!fs::exists(b + "/best.json"));
  }
};

}  // namespace

TEST_CASE("searches killed at random moments and resumed end as unbroken ones do") {
  const Searches searches("--episodes 60");
  const std::string whole = searches.folder("whole"), broken = searches.folder("broken");
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(run(searches.command + whole).status == 0);
  const std::chrono::duration<double> length = std::chrono::steady_clock::now() - begin;

  std::random_device random;
  int killed = 0;
  for (int i = 0; i < 3; ++i) {
    const double after = length.count() * std::uniform_real_distribution(0.2, 0.9)(random);
    CAPTURE(after);
    const Ran ran = run("timeout --foreground -s KILL " + std::to_string(after) + " " +
                        searches.command + broken + " --resume");
    INFO(ran.err);
    CHECK((ran.status == 137 || ran.status == 0));
    killed += ran.status == 137;
    if (fs::exists(broken + "/best.json")) {
      const Json best = json_of(broken + "/best.json");
      CHECK(best["candidates"][0]["layers"].size() == 7);
    }
  }
  CHECK(killed > 0);
  const bool known = fs::exists(broken + "/best.json");
  const Ran last = run(searches.command + broken + " --resume");
  INFO(last.err);
  REQUIRE(last.status == 0);
  if (known) CHECK(last.err.find(" of them done before)") != std::string::npos);
  searches.check_same_results(whole, broken);
}

TEST_CASE("a search that ran out of time, was interrupted, ran out of room: --resume ends it") {
  // Updates take 5 ms on a fast CPU, and all of them long enough to be interrupted.
  constexpr int kEpisodes = 1200;
  const Searches searches("--algo cem --episodes " + std::to_string(kEpisodes));
  const std::string whole = searches.folder("whole"), broken = searches.folder("broken");
  REQUIRE(run(searches.command + whole).status == 0);

  const Ran minutes = run(searches.command + broken + " --minutes 0.00001");
  CHECK(minutes.status == 0);
  CHECK(minutes.err.find("--resume goes on") != std::string::npos);
  CHECK(json_of(broken + "/result.json")["evaluations"] == 20);

  // Interrupted as soon as the next update is in the journal.
  const std::string journal = broken + "/search.journal", seen = searches.folder("seen");
  REQUIRE(run("touch -r " + journal + " " + seen).status == 0);
  const Ran interrupted =
      run(searches.command + broken + " --resume & pid=$!; while kill -0 $pid && ! [ " + journal +
          " -nt " + seen + " ]; do sleep 0.02; done; kill -INT $pid; wait $pid");
  INFO(interrupted.err);
  CHECK(interrupted.status == 130);
  CHECK(interrupted.err.find("--resume goes on") != std::string::npos);
  const int evaluations = json_of(broken + "/result.json")["evaluations"];
  CHECK(evaluations >= 40);
  CHECK(evaluations < kEpisodes);

  // Files of at most half a KB more than the journal has now: less than an update takes.
  const auto blocks = fs::file_size(journal) / 512 + 1;
  const Ran full =
      run("ulimit -f " + std::to_string(blocks) + "; " + searches.command + broken + " --resume");
  INFO(full.err);
  CHECK(full.status == 1);
  CHECK(full.err.find("cannot be written: File too large") != std::string::npos);
  CHECK(rows_of(broken + "/search.csv").size() == 1 + size_t(evaluations) / 20);

  const Ran other = run(searches.command + broken + " --resume --prior-width 9");
  CHECK(other.status == 1);
  CHECK(other.err.find("--prior-width was 6 and is 9") != std::string::npos);

  const Ran last = run(searches.command + broken + " --resume");
  INFO(last.err);
  REQUIRE(last.status == 0);
  searches.check_same_results(whole, broken);

  // Anew: the journal of before is kept.
  const std::string before = text_of(journal);
  const Ran anew = run(searches.command + broken + " --minutes 0.00001");
  CHECK(anew.err.find("--resume would go on") != std::string::npos);
  CHECK(text_of(journal + ".old") == before);
}

TEST_CASE("a second search in the same folder is refused, and the first one ends as it would") {
  const Searches searches("--episodes 60");
  const std::string whole = searches.folder("whole"), shared = searches.folder("shared");
  const std::string lock = shared + "/search.lock";
  REQUIRE(run(searches.command + whole).status == 0);
  const Ran two = run(searches.command + shared + " & pid=$!; while kill -0 $pid && ! [ -s " +
                      lock + " ]; do sleep 0.02; done; " + searches.command + shared +
                      " --seed 2 >&2; echo $? $pid; wait $pid; echo $?");
  INFO(two.err);
  std::istringstream out(two.out.substr(two.out.find("1 ")));
  int refused = 0;
  std::string pid;
  out >> refused >> pid;
  CHECK(refused == 1);
  CHECK(two.err.find(shared + ": process " + pid + " on ") != std::string::npos);
  CHECK(two.out.ends_with("\n0\n"));
  CHECK(!fs::exists(lock));
  searches.check_same_results(whole, shared);
}
