// run.json: what a program's run was, which its results do not depend on.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace tri {

class RunRecord {
 public:
  // Starts the clock.
  RunRecord(int argc, char** argv);
  // isa: that the kernels were chosen for. Throws Error.
  void write(const std::filesystem::path& file, const std::string& isa) const;

 private:
  std::vector<std::string> command_;
  std::chrono::system_clock::time_point start_;
};

}  // namespace tri
