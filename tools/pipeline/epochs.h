// The epochs of a training or a fine-tuning with all that stays of each: a checkpoint, a row of the
// log, what the held-out pictures say.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "data/base/lock.h"
#include "engine/float/checkpoint.h"
#include "engine/float/train.h"
#include "tools/pipeline/train_log.h"

namespace tri {

// Beside the file FILE that is trained: the state after the last epoch; a row an epoch.
std::filesystem::path checkpoint_of(const std::filesystem::path& out);
std::filesystem::path log_of(const std::filesystem::path& out);

// What is told of a training as it goes. All are called from the thread that trains.
struct TrainingEvents {
  // After every step. first: epochs that were done before.
  std::function<void(const Progress&, int first, std::optional<double> held_out)> step =
      [](const Progress&, int, std::optional<double>) {};
  // After every epoch, once its checkpoint is written.
  std::function<void(int epoch, std::optional<double> held_out)> epoch =
      [](int, std::optional<double>) {};
  std::function<void(const std::string&)> note = [](const std::string&) {};
};

// What the net of an epoch is worth on held-out pictures. Nothing where there are none.
struct HeldOut {
  std::optional<double> accuracy = {};
  std::optional<StudentRow> student = {};  // of fine-tuning
};

class Epochs {
 public:
  // Takes the lock of `out`. ranks: that share every step; rank 0 alone then reads and writes
  // files, and the others get the training from it. resume: goes on from its checkpoint, where
  // there is one. net_at: the net as it stands after so many epochs; of those after the first only
  // the shapes count. Throws Error for a checkpoint of another training, where another process
  // writes these files, for parts that the batch or the ranks do not divide, and for ranks that
  // differ.
  Epochs(std::filesystem::path out, Recipe recipe, Identity identity, bool resume,
         const std::function<Net(int epoch)>& net_at, const TrainingEvents& events,
         const std::atomic<bool>& stop, const Ranks* ranks = nullptr);
  int done_before() const { return first_; }  // epochs that --resume found done
  Net& net() { return training_.net; }
  // Whether it is for this process to measure and to write.
  bool writes() const { return lock_ != nullptr; }
  // For before `out` is written. REQUIRES: writes().
  const Lock& lock() const { return *lock_; }

  // Runs those that are left. measure: called after each, before its checkpoint, for its row, which
  // writes() alone needs; it may change the training, alike in all ranks. A training that starts
  // anew keeps the files of an earlier one as
  // *.old, once its first epoch is done. Throws Error: once `stop` is set, for a loss that is not
  // finite; the last checkpoint then stands.
  void run(const Loss& loss, const Dataset& data, const std::function<HeldOut(Training&)>& measure);

 private:
  void keep_old();

  std::filesystem::path out_;
  Recipe recipe_;
  Identity identity_;
  const TrainingEvents& events_;
  const std::atomic<bool>& stop_;
  const Ranks* ranks_;
  std::unique_ptr<Lock> lock_;  // of the one that writes
  Training training_;
  int first_;  // epochs done before
};

}  // namespace tri
