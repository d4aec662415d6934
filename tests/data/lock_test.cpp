#include "data/base/lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "data/base/file.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

// A process that has ended.
LockOwner dead() {
  LockOwner owner = LockOwner::self();
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  owner.pid = child;
  return owner;
}

// The lock file as `owner` would have left it, `seconds` ago.
void leave(const fs::path& file, const std::string& text, int seconds) {
  write_file(file, text);
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
}

}  // namespace

TEST_CASE("lock: the second one is refused by the first one's name, until that ends") {
  const Scratch scratch;
  const fs::path file = scratch.path / "lock";
  {
    const Lock lock(file, "what");
    lock.check();
    CHECK_THROWS_WITH_AS(Lock(file, "what"),
                         Contains(("what: process " + std::to_string(getpid()) + " on " +
                                   host_name() + " is writing there")
                                      .c_str()),
                         Error);
    CHECK(fs::exists(file));
  }
  CHECK(!fs::exists(file));
  const Lock again(file, "what");
  CHECK(std::distance(fs::directory_iterator(scratch.path), {}) == 1);
  CHECK_THROWS_WITH_AS(Lock(scratch.path / "no" / "lock", "what"), Contains("cannot be written"),
                       Error);
}

TEST_CASE("lock: an owner that was killed a moment ago, and that nobody has waited for, is dead") {
  const Scratch scratch;
  const fs::path file = scratch.path / "lock";
  const pid_t child = fork();
  if (child == 0) {
    write_file(file, text_of(LockOwner::self()));
    _exit(0);
  }
  siginfo_t ended;
  REQUIRE(waitid(P_PID, id_t(child), &ended, WEXITED | WNOWAIT) == 0);
  CHECK_NOTHROW(Lock(file, "what"));
  waitpid(child, nullptr, 0);
}

TEST_CASE("lock: an owner that is dead, silent for a minute or an earlier start has lost it") {
  const LockOwner self = LockOwner::self();
  CHECK(!is_stale(self, 59, self));
  CHECK(is_stale(self, 61, self));
  CHECK(is_stale(dead(), 0, self));
  const auto with = [&](auto change) {
    LockOwner other = self;
    change(other);
    return other;
  };
  // Another process of the same number, since; nothing is known of pids elsewhere.
  CHECK(is_stale(with([](LockOwner& o) { o.started = "1"; }), 0, self));
  for (auto elsewhere : {&LockOwner::host, &LockOwner::boot, &LockOwner::pids}) {
    LockOwner other = dead();
    other.*elsewhere += "2";
    CHECK(!is_stale(other, 59, self));
    CHECK(is_stale(other, 61, self));
  }
  const LockOwner job = with([](LockOwner& o) { o.job = "7"; });
  const auto later = [&](const char* number, int restart) {
    LockOwner other = job;
    other.job = number, other.restart = restart;
    return other;
  };
  CHECK(is_stale(job, 0, later("7", 1)));
  CHECK(!is_stale(job, 0, later("8", 1)));
  CHECK(!is_stale(job, 0, job));
  CHECK(!is_stale(later("7", 2), 0, later("7", 1)));
  CHECK(!is_stale(self, 0, with([](LockOwner& o) { o.restart = 1; })));  // no jobs at all
}

TEST_CASE("lock: what a dead owner or a stranger left is taken over, what may be alive is not") {
  const Scratch scratch;
  const fs::path file = scratch.path / "lock";
  leave(file, text_of(dead()), 0);
  { Lock(file, "what").check(); }
  LockOwner elsewhere = LockOwner::self();
  elsewhere.host += "2";
  for (const std::string& text : {text_of(elsewhere), std::string("{"), std::string(10'000, 'x')}) {
    leave(file, text, 30);
    CHECK_THROWS_WITH_AS(Lock(file, "what"), Contains("is writing there"), Error);
    leave(file, text, 90);
    Lock(file, "what").check();
    CHECK(!fs::exists(file));
  }
  // A judge that was killed amidst.
  write_file(scratch.path / "lock.judged", std::string());
  leave(file, text_of(dead()), 0);
  Lock(file, "what").check();
  CHECK(fs::is_empty(scratch.path));
}

TEST_CASE("lock: it is renewed, and who lost it is told and leaves the new owner's alone") {
  const Scratch scratch;
  const fs::path file = scratch.path / "lock";
  {
    const Lock lock(file, "what", std::chrono::milliseconds(5));
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::seconds(90);
    fs::last_write_time(file, long_ago);
    for (int i = 0; i < 1000 && fs::last_write_time(file) == long_ago; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(fs::last_write_time(file) > long_ago + std::chrono::seconds(60));
    LockOwner other = LockOwner::self();
    other.pid += 1;
    leave(file, text_of(other), 90);
    CHECK_THROWS_WITH_AS(lock.check(), Contains("has taken it over"), Error);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(fs::last_write_time(file) < long_ago + std::chrono::seconds(60));
  }
  CHECK(fs::exists(file));
  fs::remove(file);
  const Lock lock(file, "what");
  fs::remove(file);
  CHECK_THROWS_WITH_AS(lock.check(), Contains("was removed"), Error);
}
