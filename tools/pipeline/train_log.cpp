#include "tools/pipeline/train_log.h"

#include <array>
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

double number_of(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

// KL, energy, cost.
std::array<std::string, 3> texts_of(const StudentRow& row) {
  const auto text = [](const char* format, double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, format, value);
    return std::string(digits);
  };
  return {text("%.6f", row.kl), text("%.3f", row.energy), text("%.6f", row.cost)};
}

}  // namespace

StudentRow as_logged(const StudentRow& row) {
  const auto [kl, energy, cost] = texts_of(row);
  return {number_of(kl), number_of(energy), number_of(cost)};
}

std::vector<StudentEpoch> student_epochs(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return {};
  const Csv log = read_csv(file);
  if (joined(log.columns) != kHead) return {};
  std::vector<StudentEpoch> epochs;
  for (const auto& row : log.rows) {
    const auto cell = [&](const char* column) { return row[size_t(log.column(column))]; };
    if (!cell("held_out_cost").empty())
      epochs.push_back({std::atoi(cell("epoch").c_str()),
                        {number_of(cell("held_out_kl")), number_of(cell("held_out_energy_uj")),
                         number_of(cell("held_out_cost"))}});
  }
  return epochs;
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
  std::string student = ",,";
  if (row.student) {
    const auto texts = texts_of(*row.student);
    student = joined({texts.begin(), texts.end()});
  }
  char line[300];
  std::snprintf(line, sizeof line, "%s,%llu,%d,%.4f,%.4f,%s,%.6f,%d,%.1f,%s\n",
                row.student ? "finetune" : "train", static_cast<unsigned long long>(seed_),
                row.epoch, row.loss, row.accuracy, number(row.held_out).c_str(), row.rate,
                row.quantized, row.pictures_per_second, student.c_str());
  rows_ += line;
  write_file(file_, kHead + "\n" + rows_);
}

}  // namespace tri
