#include "tests/program.h"

#include <sys/wait.h>

#include <cstdlib>

#include "data/file.h"
#include "tests/test.h"

Ran run(const std::string& command) {
  const Scratch scratch;
  const auto out = scratch.path / "out", err = scratch.path / "err";
  const int status =
      std::system(("( " + command + " ) >" + out.string() + " 2>" + err.string()).c_str());
  REQUIRE(WIFEXITED(status));
  const auto text = [](const std::filesystem::path& file) {
    const std::vector<uint8_t> bytes = tri::read_file(file);
    return std::string(bytes.begin(), bytes.end());
  };
  return {WEXITSTATUS(status), text(out), text(err)};
}

std::string program(const std::string& name) {
  const char* folder = std::getenv("BIN");
  return (folder && *folder ? folder : "./") + name;
}
