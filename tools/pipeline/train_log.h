// FILE.csv: one row an epoch of a training or a fine-tuning, kept through interruptions. Its
// columns are those of tools/README.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tri {

// A student on held-out pictures: its KL to the teacher, its energy in microjoules a picture, and
// what the epochs are compared by.
struct StudentRow {
  double kl, energy, cost;
};

struct EpochRow {
  int epoch;  // epochs done, so the first is 1
  double loss, accuracy;
  std::optional<double> held_out;     // accuracy on held-out pictures, where there are any
  std::optional<StudentRow> student;  // of fine-tuning
  double rate, pictures_per_second;
  bool quantized;
};

// The same as the log keeps it, rounded.
StudentRow as_logged(const StudentRow& row);

struct StudentEpoch {
  int epoch;
  StudentRow row;
};
// What a file's rows say of students; nothing of a file that is not there. Throws Error for a
// damaged file.
std::vector<StudentEpoch> student_epochs(const std::filesystem::path& file);

class TrainLog {
 public:
  // Goes on after the row of epoch `done` of the file, or, with 0, starts it anew. One of other
  // columns is kept as *.old. seed: of the training. Throws Error for a damaged file.
  TrainLog(std::filesystem::path file, int done, uint64_t seed);
  // Writes the whole file again, atomically.
  void add(const EpochRow& row);

 private:
  std::filesystem::path file_;
  uint64_t seed_;
  std::string rows_;
};

}  // namespace tri
