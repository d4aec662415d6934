#include "data/base/file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "data/base/temporary.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;
namespace fs = std::filesystem;

namespace {

std::string text(const fs::path& file) {
  const std::vector<uint8_t> bytes = read_file(file);
  return {bytes.begin(), bytes.end()};
}

long entries(const fs::path& folder) {
  const fs::directory_iterator list(folder);
  return std::distance(begin(list), end(list));
}

}  // namespace

TEST_CASE("file: what was written is read back, and writing again replaces it") {
  const Scratch scratch;
  const fs::path path = scratch.path / "file";
  write_file(path, std::string("first, and long"));
  CHECK(text(path) == "first, and long");
  write_file(path, std::string("second"));
  CHECK(text(path) == "second");
  write_file(path, std::string());
  CHECK(read_file(path).empty());
  CHECK(entries(scratch.path) == 1);
}

TEST_CASE("file: a missing file, a folder and a file over the limit are refused by name") {
  const Scratch scratch;
  const fs::path path = scratch.path / "file";
  CHECK_THROWS_WITH_AS(read_file(path), Contains("file: cannot be read: No such file"), Error);
  CHECK_THROWS_WITH_AS(read_file(scratch.path), Contains("is a folder, expected a file"), Error);
  write_file(path, std::string("12345"));
  CHECK(read_file(path, 5).size() == 5);
  CHECK_THROWS_WITH_AS(read_file(path, 4), Contains("holds 5 bytes, expected at most 4"), Error);
}

TEST_CASE("file: a write that fails leaves nothing behind and the old content in place") {
  const Scratch scratch;
  CHECK_THROWS_WITH_AS(write_file(scratch.path / "no" / "file", std::string("text")),
                       Contains("cannot be written: No such file"), Error);

  const fs::path taken = scratch.path / "taken";
  fs::create_directory(taken);
  write_file(taken / "inside", std::string("old"));
  CHECK_THROWS_WITH_AS(write_file(taken, std::string("text")),
                       Contains("it is there and no regular file"), Error);
  CHECK(text(taken / "inside") == "old");
  CHECK(entries(scratch.path) == 1);
}

TEST_CASE("file: what is no regular file is neither read, which may last for ever, nor replaced") {
  const Scratch scratch;
  const fs::path pipe = scratch.path / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(read_file(pipe), Contains("pipe: is no regular file"), Error);
  CHECK_THROWS_WITH_AS(write_file(pipe, std::string("text")),
                       Contains("it is there and no regular file"), Error);
  CHECK(fs::is_fifo(pipe));
  CHECK(entries(scratch.path) == 1);
}

TEST_CASE("file: a link that was planted where a temporary file would be is not written through") {
  const Scratch scratch;
  const fs::path path = scratch.path / "file", victim = scratch.path / "victim";
  write_file(victim, std::string("precious"));
  const std::string name = path.string() + ".trisegment-" + std::to_string(getpid()) + "-";
  for (const int i : {0, 1}) fs::create_symlink(victim, name + std::to_string(i) + ".tmp");
  write_file(path, std::string("text"));
  CHECK(text(path) == "text");
  CHECK(text(victim) == "precious");
  // A link in the file's own place is replaced, and a file that grows is no link.
  fs::create_symlink(victim, scratch.path / "link");
  CHECK_THROWS_WITH_AS(GrowingFile(scratch.path / "link"), Contains("link: cannot be opened"),
                       Error);
  write_file(scratch.path / "link", std::string("text"));
  CHECK(text(victim) == "precious");
  CHECK(!fs::is_symlink(scratch.path / "link"));
}

TEST_CASE("file: temporary files of killed programs go at the next start, those in use stay") {
  const Scratch scratch;
  const fs::path path = scratch.path / "file";
  const std::string old = path.string() + ".trisegment-1-0.tmp";
  write_file(old, std::string("half"));
  fs::create_directory(path.string() + ".trisegment-1-1.tmp");
  write_file(path.string() + ".trisegment-1-1.tmp/inside", std::string("half"));
  write_file(scratch.path / "notes.tmp", std::string("the user's own"));
  {
    const Temporary used(path, Temporary::Kind::file), folder(path, Temporary::Kind::folder);
    // Another process asks: one has the locks that it took itself.
    const pid_t child = fork();
    if (child == 0) {
      sweep(scratch.path);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(fs::exists(used.name()));
    CHECK(fs::exists(folder.name()));
    CHECK(!fs::exists(old));
  }
  CHECK(entries(scratch.path) == 1);
  write_file(old, std::string("half"));
  make_writable_folder(scratch.path);
  CHECK(entries(scratch.path) == 1);
  CHECK(text(scratch.path / "notes.tmp") == "the user's own");
}

TEST_CASE("file: a folder to write to is made, or refused before there is anything to write") {
  const Scratch scratch;
  make_writable_folder(scratch.path / "new" / "folder");
  make_writable_folder(scratch.path / "new" / "folder");
  CHECK(fs::is_empty(scratch.path / "new" / "folder"));
  write_file(scratch.path / "file", std::string("text"));
  CHECK_THROWS_WITH_AS(make_writable_folder(scratch.path / "file" / "folder"),
                       Contains("folder: cannot be written to: Not a directory"), Error);
  CHECK_THROWS_WITH_AS(make_writable_folder("/proc/self"), Contains("/proc/self: cannot be"),
                       Error);
}
