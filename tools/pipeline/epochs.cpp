#include "tools/pipeline/epochs.h"

#include <bit>

#include "data/base/file.h"
#include "engine/kernels/dispatch/isa.h"
#include "tools/cli/mpi.h"
#include "tools/pipeline/train_log.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

// Throws Error in all ranks, or in none.
Identity checked(Identity identity, const Recipe& recipe, const Ranks* ranks) {
  const std::string parts = "--parts " + std::to_string(recipe.parts);
  if (!std::has_single_bit(unsigned(recipe.parts)) || recipe.batch % recipe.parts != 0)
    throw Error(parts + ": expected a power of two that divides --batch " +
                std::to_string(recipe.batch));
  if (!ranks) return identity;
  if (recipe.parts % ranks->count() != 0)
    throw Error(parts + " and " + std::to_string(ranks->count()) +
                " ranks: a step has as many parts as ranks can share it; start 1, 2, 4, ... of "
                "them, and give --parts that they divide");
  std::string text = std::string("--isa=") + isa_name(chosen_isa()) +
                     "\n--precision=" + precision_name(recipe.precision) + "\n";
  for (const auto& [name, value] : identity) text += name + "=" + value + "\n";
  require_alike(*ranks, text);
  return identity;
}

Training start(const fs::path& out, const Recipe& recipe, const Identity& identity, bool resume,
               const std::function<Net(int)>& net_at, const TrainingEvents& events) {
  const fs::path checkpoint = checkpoint_of(out);
  if (resume && fs::exists(checkpoint))
    return load_checkpoint(checkpoint, identity, recipe, net_at);
  if (resume) events.note(checkpoint.string() + ": not there, so the training starts anew");
  return Training(net_at(0));
}

}  // namespace

fs::path checkpoint_of(const fs::path& out) { return out.string() + ".ckpt"; }

fs::path log_of(const fs::path& out) {
  const bool ours = out.extension() == ".q8" || out.extension() == ".tri";
  return ours ? fs::path(out).replace_extension(".csv") : fs::path(out.string() + ".csv");
}

Epochs::Epochs(fs::path out, Recipe recipe, Identity identity, bool resume,
               const std::function<Net(int)>& net_at, const TrainingEvents& events,
               const std::atomic<bool>& stop, const Ranks* ranks)
    : out_(std::move(out)),
      recipe_(std::move(recipe)),
      identity_(checked(std::move(identity), recipe_, ranks)),
      events_(events),
      stop_(stop),
      ranks_(ranks),
      lock_(ranks && ranks->rank() > 0 ? nullptr
                                       : std::make_unique<Lock>(out_.string() + ".lock", out_)),
      training_(start(out_, recipe_, identity_, resume && writes(), net_at, events)),
      first_(training_.epoch) {
  if (!ranks_) return;
  share(*ranks_, training_, net_at);
  first_ = training_.epoch;
}

void Epochs::keep_old() {
  for (const fs::path& file : {out_, checkpoint_of(out_), log_of(out_)})
    if (const auto old = keep_as_old(file))
      events_.note(file.string() + ": of an earlier training, kept as " + old->string());
}

void Epochs::run(const Loss& loss, const Dataset& data,
                 const std::function<HeldOut(Training&)>& measure) {
  std::optional<TrainLog> log;
  HeldOut held_out;
  while (training_.epoch < recipe_.epochs) {
    Progress now{};
    train_epoch(
        training_, recipe_, loss, data,
        [&](const Progress& p) {
          if (stop_)
            throw Error("stopped in epoch " + std::to_string(p.epoch + 1) +
                        (p.epoch ? ": --resume goes on after epoch " + std::to_string(p.epoch)
                                 : ": none is done, so there is nothing to --resume"));
          now = p;
          events_.step(p, first_, held_out.accuracy);
        },
        ranks_);
    if (!writes()) {
      measure(training_);
      continue;
    }
    lock_->check();
    if (training_.epoch == 1) keep_old();
    const bool quantized = training_.net.quantized;
    held_out = measure(training_);
    if (!log) log.emplace(log_of(out_), training_.epoch - 1, recipe_.seed);
    log->add({training_.epoch, now.loss, now.accuracy, held_out.accuracy, held_out.student,
              now.rate, now.pictures_per_second, quantized});
    save_checkpoint(training_, identity_, checkpoint_of(out_));
    events_.epoch(training_.epoch, held_out.accuracy);
  }
}

}  // namespace tri
