// Includes point one way, from room to room and between the sub-rooms of each.
#include <algorithm>
#include <fstream>
#include <vector>

#include "tests/support/test.h"

namespace fs = std::filesystem;

namespace {

// A file belongs to the longest of these that its path begins with.
const std::vector<std::string> kOrder = {"data/base/",
                                         "data/",
                                         "engine/graph/",
                                         "engine/arithmetic/",
                                         "engine/kernels/dispatch/",
                                         "engine/kernels/bytemap/",
                                         "engine/kernels/epilogue/",
                                         "engine/kernels/conv/",
                                         "engine/kernels/add/",
                                         "engine/float/loops/",
                                         "engine/float/",
                                         "engine/integer/",
                                         "engine/export/device/",
                                         "engine/export/onnx/",
                                         "engine/export/c/",
                                         "engine/export/verilog/",
                                         "engine/export/",
                                         "nets/",
                                         "distill/correct/",
                                         "distill/judge/",
                                         "distill/synthesis/",
                                         "distill/finetune/",
                                         "rl/agent/",
                                         "rl/algorithms/",
                                         "rl/search/",
                                         "tools/cli/",
                                         "tools/report/",
                                         "tools/pipeline/",
                                         "tools/report/page/",
                                         "tools/bench/",
                                         "tools/"};

// The room's place in the order; -1 for anything else.
int place(const std::string& path) {
  int best = -1;
  for (size_t i = 0; i < kOrder.size(); ++i)
    if (path.starts_with(kOrder[i]) && (best < 0 || kOrder[i].size() > kOrder[size_t(best)].size()))
      best = int(i);
  return best;
}

// "data/base/file.h" of the line #include "data/base/file.h"; empty for other lines.
std::string included(const std::string& line) {
  const std::string start = "#include \"";
  if (line.compare(0, start.size(), start) != 0) return "";
  return line.substr(start.size(), line.rfind('"') - start.size());
}

}  // namespace

TEST_CASE("a room includes only itself and what comes before it") {
  int includes = 0;
  for (const std::string folder : {"data", "engine", "nets", "distill", "rl", "tools"})
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      CAPTURE(entry.path());
      CHECK(place(entry.path()) >= 0);
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        const std::string target = included(line);
        if (target.empty()) continue;
        CAPTURE(target);
        CHECK(fs::exists(target));
        CHECK(place(target) >= 0);
        CHECK(place(target) <= place(entry.path()));
        ++includes;
      }
    }
  CHECK(includes > 50);
}
