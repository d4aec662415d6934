#include "data/base/file.h"

#include <sys/stat.h>

#include <algorithm>

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
