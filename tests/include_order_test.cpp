// Includes point one way: data -> engine -> nets -> distill -> rl -> tools.
#include <algorithm>
#include <fstream>
#include <vector>

#include "tests/test.h"

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kOrder = {"data", "engine", "nets", "distill", "rl", "tools"};

// The folder's place in the order; -1 for anything else.
int place(const std::string& path) {
  const auto at = std::find(kOrder.begin(), kOrder.end(), path.substr(0, path.find('/')));
  return at == kOrder.end() ? -1 : int(at - kOrder.begin());
}

// "data/file.h" of the line #include "data/file.h"; empty for other lines.
std::string included(const std::string& line) {
  const std::string start = "#include \"";
  if (line.compare(0, start.size(), start) != 0) return "";
  return line.substr(start.size(), line.rfind('"') - start.size());
}

}  // namespace

TEST_CASE("a folder includes only itself and what comes before it") {
  int includes = 0;
  for (const std::string& folder : kOrder)
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        const std::string target = included(line);
        if (target.empty()) continue;
        CAPTURE(entry.path());
        CAPTURE(target);
        CHECK(fs::exists(target));
        CHECK(place(target) >= 0);
        CHECK(place(target) <= place(folder + "/"));
        ++includes;
      }
    }
  CHECK(includes > 50);
}
