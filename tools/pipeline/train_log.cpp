#include "tools/pipeline/train_log.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "data/base/file.h"

namespace tri {

TrainLog::TrainLog(std::filesystem::path file, int done) : file_(std::move(file)) {
  if (done == 0 || !std::filesystem::exists(file_)) return;
  const auto bytes = read_file(file_);
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  std::string line;
  std::getline(lines, line);  // the header
  while (std::getline(lines, line))
    if (const int epoch = std::atoi(line.c_str()); epoch >= 1 && epoch <= done)
      rows_ += line + "\n";
}

void TrainLog::add(const EpochRow& row) {
  char held_out[16] = "", line[160];
  if (row.held_out) std::snprintf(held_out, sizeof held_out, "%.4f", *row.held_out);
  std::snprintf(line, sizeof line, "%d,%.4f,%.4f,%s,%.6f,%d,%.1f\n", row.epoch, row.loss,
                row.accuracy, held_out, row.rate, row.quantized, row.pictures_per_second);
  rows_ += line;
  write_file(file_,
             "epoch,loss,accuracy,held_out_accuracy,rate,quantised,pictures_per_s\n" + rows_);
}

}  // namespace tri
