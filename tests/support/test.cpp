#include "tests/support/test.h"

#include <unistd.h>

#include <cstdlib>

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "trisegment-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path = name;
}

Scratch::~Scratch() { std::filesystem::remove_all(path); }

bool have(const std::string& command) {
  return std::system(("command -v " + command + " >/dev/null").c_str()) == 0;
}
