// train.csv: one row an epoch, kept through interruptions.
#pragma once

#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>

#include "data/base/file.h"

namespace tri {

struct EpochRow {
  int epoch;  // epochs done, so the first is 1
  double loss, accuracy, held_out, rate, pictures_per_second;
  bool quantised;
};

class TrainLog {
 public:
  // Goes on after the row of epoch `done` of the file, or, with 0, starts it anew.
  TrainLog(std::filesystem::path file, int done) : file_(std::move(file)) {
    if (done == 0 || !std::filesystem::exists(file_)) return;
    const auto bytes = read_file(file_);
    std::istringstream lines(std::string(bytes.begin(), bytes.end()));
    std::string line;
    std::getline(lines, line);  // the header
    while (std::getline(lines, line))
      if (const int epoch = std::atoi(line.c_str()); epoch >= 1 && epoch <= done)
        rows_ += line + "\n";
  }
  // Writes the whole file again, atomically.
  void add(const EpochRow& row) {
    char line[160];
    std::snprintf(line, sizeof line, "%d,%.4f,%.4f,%.4f,%.6f,%d,%.1f\n", row.epoch, row.loss,
                  row.accuracy, row.held_out, row.rate, row.quantised, row.pictures_per_second);
    rows_ += line;
    write_file(file_,
               "epoch,loss,accuracy,held_out_accuracy,rate,quantised,pictures_per_s\n" + rows_);
  }

 private:
  std::filesystem::path file_;
  std::string rows_;
};

}  // namespace tri
