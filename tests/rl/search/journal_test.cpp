#include "rl/search/journal.h"

#include <sys/resource.h>

#include <bit>
#include <csignal>

#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

const Journal::Binding kBinding = {{"NET", "alexnet"}, {"--batch", "64"}};

Evaluation evaluation(double x) {
  return {.students = uint64_t(1e18 * x),
          .mse = {x / 9, x / 8, x / 5, x / 6},
          .parts = {{x / 7, -0.0, 1e-300 * x, x / 4}, {1 / x, 5e-324, x / 2, 0}},
          .seconds = 100 * x};
}

bool same(const Evaluation& a, const Evaluation& b) {
  const auto numbers = [](const Evaluation& e) {
    std::vector<uint64_t> bits = {e.students, std::bit_cast<uint64_t>(e.seconds)};
    std::vector<RewardParts> all = e.parts;
    all.push_back(e.mse);
    for (const RewardParts& p : all)
      for (const double x : {p.kl, p.attention, p.agreement, p.energy})
        bits.push_back(std::bit_cast<uint64_t>(x));
    return bits;
  };
  return numbers(a) == numbers(b);
}

// Three updates of two searches, in turns.
struct Written {
  Scratch scratch;
  fs::path file = scratch.path / "search.journal";
  std::string text;
  Written() {
    Journal journal(file, kBinding, false);
    journal.append("ppo", 1, evaluation(1.1));
    journal.append("cem", 7, evaluation(1.2));
    journal.append("ppo", 1, evaluation(1.3));
    const auto bytes = read_file(file);
    text.assign(bytes.begin(), bytes.end());
  }
  int resumed_updates(const std::string& as) const {
    write_file(file, as);
    return Journal(file, kBinding, true).updates();
  }
};

}  // namespace

TEST_CASE("journal: what was appended comes back, to the last bit, and goes on") {
  const Written w;
  for (int more = 0; more < 2; ++more) {
    Journal journal(w.file, kBinding, true);
    REQUIRE(journal.of("ppo", 1).size() == 2 + size_t(more));
    REQUIRE(journal.of("cem", 7).size() == 1);
    CHECK(journal.of("ppo", 2).empty());
    CHECK(same(journal.of("ppo", 1)[0], evaluation(1.1)));
    CHECK(same(journal.of("ppo", 1)[1], evaluation(1.3)));
    CHECK(same(journal.of("cem", 7)[0], evaluation(1.2)));
    if (more) CHECK(same(journal.of("ppo", 1)[2], evaluation(1.4)));
    journal.append("ppo", 1, evaluation(1.4));
  }
}

TEST_CASE("journal: a last line cut off at any byte is dropped, and its place is taken") {
  const Written w;
  const size_t last = w.text.rfind('\n', w.text.size() - 2) + 1;
  for (size_t size = last; size < w.text.size(); ++size) {
    CAPTURE(size);
    CHECK(w.resumed_updates(w.text.substr(0, size)) == 2);
    CHECK(fs::file_size(w.file) == last);
    if (size % 16 == 0) {
      Journal(w.file, kBinding, true).append("ppo", 1, evaluation(1.3));
      const auto bytes = read_file(w.file);
      CHECK(std::string(bytes.begin(), bytes.end()) == w.text);
    }
  }
}

TEST_CASE("journal: a changed bit anywhere is an error; in the last line break, a line cut off") {
  const Written w;
  for (size_t at = 0; at + 1 < w.text.size(); ++at) {
    CAPTURE(at);
    std::string text = w.text;
    text[at] = char(text[at] ^ 1 << at % 7);
    CHECK_THROWS_AS(w.resumed_updates(text), Error);
  }
  CHECK(w.resumed_updates(w.text.substr(0, w.text.size() - 1) + "#") == 2);
}

TEST_CASE(
    "journal: lines that are missing, doubled or in another order are errors that name them") {
  const Written w;
  std::vector<std::string> lines;
  for (size_t at = 0; at < w.text.size(); at += lines.back().size())
    lines.push_back(w.text.substr(at, w.text.find('\n', at) + 1 - at));
  REQUIRE(lines.size() == 6);
  const auto text = [&](std::vector<size_t> order) {
    std::string all;
    for (const size_t i : order) all += lines[i];
    return all;
  };
  CHECK(w.resumed_updates(text({0, 1, 2, 4, 3, 5})) == 3);  // of two searches, in any order
  CHECK_THROWS_WITH_AS(w.resumed_updates(text({0, 1, 2, 4, 5})),
                       Contains("line 5 is damaged: keep the lines before it (head -n 4)"), Error);
  CHECK_THROWS_WITH_AS(w.resumed_updates(text({0, 1, 2, 3, 3})), Contains("line 5 is"), Error);
  CHECK_THROWS_AS(w.resumed_updates(text({1, 2, 3})), Error);
  CHECK_THROWS_AS(w.resumed_updates(text({0, 0, 1, 2, 3})), Error);
  CHECK_THROWS_WITH_AS(w.resumed_updates(text({0, 2, 3})),
                       Contains("NET was not there and is alexnet"), Error);
  for (const char* no_journal : {"", "\n", "episodes,evaluations\n", "no line break"})
    CHECK_THROWS_AS(w.resumed_updates(no_journal), Error);
}

TEST_CASE("journal: another binding is refused, and the error says what differs") {
  const Written w;
  const auto resume = [&](const Journal::Binding& binding) { Journal(w.file, binding, true); };
  CHECK_THROWS_WITH_AS(resume({{"NET", "alexnet"}, {"--batch", "32"}}),
                       Contains("is of another search (--batch was 64 and is 32): give what"),
                       Error);
  CHECK_THROWS_WITH_AS(resume({{"NET", "nin"}, {"--batch", "9"}}),
                       Contains("(NET was alexnet and is nin, --batch was 64 and is 9)"), Error);
  resume(kBinding);
}

TEST_CASE("journal: a search that starts anew keeps the one before, from its first update on") {
  const Written w;
  const fs::path old = w.file.string() + ".old";
  {
    Journal journal(w.file, kBinding, false);
    CHECK(journal.updates() == 0);
    CHECK(!fs::exists(old));
    CHECK(Journal(w.file, kBinding, true).updates() == 3);
    journal.append("ppo", 5, evaluation(2.5));
  }
  CHECK(Journal(old, kBinding, true).updates() == 3);
  CHECK(Journal(w.file, kBinding, true).of("ppo", 5).size() == 1);
}

TEST_CASE("journal: where there is none, resuming starts one; who lost the lock does not write") {
  const Scratch scratch;
  const fs::path file = scratch.path / "search.journal";
  const Lock lock(scratch.path / "search.lock", scratch.path);
  Journal journal(file, kBinding, true, &lock);
  CHECK(journal.updates() == 0);
  CHECK(!fs::exists(file));
  journal.append("ppo", 1, evaluation(1));
  fs::remove(scratch.path / "search.lock");
  CHECK_THROWS_WITH_AS(journal.append("ppo", 1, evaluation(2)), Contains("this one stops"), Error);
  CHECK(Journal(file, kBinding, true).updates() == 1);
}

TEST_CASE("journal: an update for which there is no room is an error, and leaves the file valid") {
  const Written w;
  const auto full = [&](rlim_t size) {
    Journal journal(w.file, kBinding, true);
    rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{size, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::string error;
    try {
      journal.append("ppo", 1, evaluation(1.4));
    } catch (const Error& e) {
      error = e.what();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(error.find("search.journal: cannot be written: File too large") != std::string::npos);
    CHECK(error.find("--resume") != std::string::npos);
    CHECK(journal.of("ppo", 1).size() == 2);
  };
  for (const size_t room : {0, 1, 40}) {
    full(w.text.size() + room);
    const auto bytes = read_file(w.file);
    CHECK(std::string(bytes.begin(), bytes.end()) == w.text);
  }
  Journal journal(w.file, kBinding, true);
  journal.append("ppo", 1, evaluation(1.4));
  CHECK(same(journal.of("ppo", 1)[2], evaluation(1.4)));
}

TEST_CASE("journal: the hash of parameter sets tells all of their numbers apart") {
  const StaircaseSet f = {TriSegment{1, 2, 3, 4}, std::nullopt};
  const uint64_t hash = Evaluation::hash({f});
  CHECK(hash == Evaluation::hash({f}));
  for (const StaircaseSet& other : {StaircaseSet{TriSegment{0, 2, 3, 4}, std::nullopt},
                                    {TriSegment{1, 0, 3, 4}, std::nullopt},
                                    {TriSegment{1, 2, 0, 4}, std::nullopt},
                                    {TriSegment{1, 2, 3, 0}, std::nullopt},
                                    {std::nullopt, TriSegment{1, 2, 3, 4}},
                                    {TriSegment{1, 2, 3, 4}, TriSegment{}}})
    CHECK(Evaluation::hash({other}) != hash);
  CHECK(Evaluation::hash({f, f}) != hash);
}
