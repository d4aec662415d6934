#include "tools/pipeline/train_log.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "data/base/file.h"
#include "tools/report/csv.h"

namespace tri {
namespace {

const std::string kHead =
    "algorithm,seed,epoch,loss,accuracy,held_out_accuracy,rate,quantized,pictures_per_s,"
    "held_out_kl,held_out_energy_uj,held_out_cost";

std::string joined(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) line += (&cell == &cells.front() ? "" : ",") + cell;
  return line;
}

}  // namespace

int best_epoch(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return 0;
  const Csv log = read_csv(file);
  const int epoch = log.column("epoch"), cost = log.column("held_out_cost");
  if (epoch < 0 || cost < 0) return 0;
  int best = 0;
  double least = HUGE_VAL;
  for (const auto& row : log.rows) {
    const std::string& text = row[size_t(cost)];
    if (text.empty() || std::strtod(text.c_str(), nullptr) >= least) continue;
    least = std::strtod(text.c_str(), nullptr), best = std::atoi(row[size_t(epoch)].c_str());
  }
  return best;
}

TrainLog::TrainLog(std::filesystem::path file, int done, uint64_t seed)
    : file_(std::move(file)), seed_(seed) {
  if (done == 0 || !std::filesystem::exists(file_)) return;
  const Csv log = read_csv(file_);
  if (joined(log.columns) != kHead) {
    keep_as_old(file_);
    return;
  }
  for (const auto& row : log.rows)
    if (const int epoch = std::atoi(row[size_t(log.column("epoch"))].c_str());
        epoch >= 1 && epoch <= done)
      rows_ += joined(row) + "\n";
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
  std::snprintf(line, sizeof line, "%s,%llu,%d,%.4f,%.4f,%s,%.6f,%d,%.1f,%s\n",
                row.student ? "finetune" : "train", static_cast<unsigned long long>(seed_),
                row.epoch, row.loss, row.accuracy, number(row.held_out).c_str(), row.rate,
                row.quantized, row.pictures_per_second, student);
  rows_ += line;
  write_file(file_, kHead + "\n" + rows_);
}

}  // namespace tri
