#include "tools/pipeline/train_log.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "data/base/file.h"

namespace tri {

namespace {

// Those of a file without its header; none where it is not there.
std::vector<std::string> rows_of(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return {};
  const auto bytes = read_file(file);
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

}  // namespace

int best_epoch(const std::filesystem::path& file) {
  int best = 0;
  double least = HUGE_VAL;
  for (const std::string& row : rows_of(file)) {
    const std::string cost = row.substr(row.rfind(',') + 1);
    if (cost.empty() || std::strtod(cost.c_str(), nullptr) >= least) continue;
    least = std::strtod(cost.c_str(), nullptr), best = std::atoi(row.c_str());
  }
  return best;
}

TrainLog::TrainLog(std::filesystem::path file, int done) : file_(std::move(file)) {
  if (done == 0) return;
  for (const std::string& row : rows_of(file_))
    if (const int epoch = std::atoi(row.c_str()); epoch >= 1 && epoch <= done) rows_ += row + "\n";
}

void TrainLog::add(const EpochRow& row) {
  const auto number = [](std::optional<double> value) {
    char text[32] = "";
    if (value) std::snprintf(text, sizeof text, "%.6f", *value);
    return std::string(text);
  };
  char student[100] = ",,";
  if (const auto& s = row.student)
    std::snprintf(student, sizeof student, "%.6f,%.3f,%.6f", s->kl, s->energy, s->cost);
  char line[300];
  std::snprintf(line, sizeof line, "%d,%.4f,%.4f,%s,%.6f,%d,%.1f,%s\n", row.epoch, row.loss,
                row.accuracy, number(row.held_out).c_str(), row.rate, row.quantized,
                row.pictures_per_second, student);
  rows_ += line;
  write_file(file_,
             "epoch,loss,accuracy,held_out_accuracy,rate,quantised,pictures_per_s,held_out_kl,"
             "held_out_energy,held_out_cost\n" +
                 rows_);
}

}  // namespace tri
