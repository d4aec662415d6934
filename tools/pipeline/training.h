// A teacher's training from its recipe to its file: what ./train does after its options.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "data/dataset.h"
#include "engine/float/train.h"
#include "nets/nets.h"
#include "tools/pipeline/epochs.h"

namespace tri {

struct TrainingRun {
  NetChoice net;
  Recipe recipe;
  std::string from;  // teacher file to go on from, with no narrow epochs; empty: random weights
  std::filesystem::path out;  // teacher file to write
  bool resume = false;        // go on from its checkpoint, where there is one
};

// What a training learns from, chooses on, and is measured on.
struct TrainingData {
  Dataset used, held_out, test;
};

// Another number of epochs; the narrow ones keep their share.
void set_epochs(Recipe& recipe, int epochs);

// `all` training records, split as data/split.h says; more: a file of records of the same kind to
// learn from besides, or empty.
TrainingData training_data(const Dataset& all, const std::string& more, Dataset test);

struct TrainingResult {
  double float_accuracy, accuracy;  // on the test set: in floats, in integers
};

// Trains to the recipe's end and writes the teacher, a checkpoint after every epoch and a row of
// the log. A training that starts anew keeps those files of an earlier one as *.old. Throws Error:
// once `stop` is set, for a loss that is not finite, for too few pictures, for a checkpoint of
// another training, where another process writes these files; the last checkpoint then stands.
// ranks: that share it, and call this alike; all but rank 0 write and return nothing.
std::optional<TrainingResult> train_teacher(const TrainingRun& run, const TrainingData& data,
                                            const TrainingEvents& events,
                                            const std::atomic<bool>& stop,
                                            const Ranks* ranks = nullptr);

}  // namespace tri
