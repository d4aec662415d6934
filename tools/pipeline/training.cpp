#include "tools/pipeline/training.h"

#include <algorithm>

#include "data/base/file.h"
#include "data/base/hash.h"
#include "data/cifar.h"
#include "data/split.h"
#include "distill/correct/calibrate.h"
#include "distill/judge/evaluate.h"
#include "engine/float/checkpoint.h"
#include "engine/float/widen.h"
#include "engine/integer/dequantize.h"
#include "engine/integer/quantize.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

// Accuracy with statistics that fit the weights as they are; training goes on with its own.
std::optional<double> settled_accuracy(Net net, const TrainingData& data) {
  if (data.held_out.size() == 0) return {};
  settle_batchnorm(net, data.used);
  return accuracy(net, data.held_out);
}

// The net for the data at hand; factor: on the channels.
std::vector<Layer> layers_for(const TrainingRun& run, const Dataset& data, double factor = 1) {
  return table_of(run.net, data.shape(), int(data.classes().size()), factor);
}

// The teacher of a file, in floats again: QAT finds its scales anew. Batch norm's statistics are
// measured on training pictures, as a file may have none.
Net float_net(const TrainingRun& run, const Dataset& used) {
  Model model = load_model_of(run.net.name, run.from);
  if (hash(model.layers) != hash(layers_for(run, used)))
    throw Error(run.from + ": has another table than this training");
  add_statistics(model, used.slice(0, std::min(500, used.size())).pixels());
  Net net = dequantize(model);
  net.quantized = false;
  std::fill(net.scale.begin(), net.scale.end(), 0.0f);
  return net;
}

Net net_at(const TrainingRun& run, const Dataset& data, int epoch) {
  const double width = epoch < run.recipe.narrow_epochs ? 0.5 : 1;
  return Net(run.net.name, layers_for(run, data, width), Rng(run.recipe.seed));
}

void require_a_batch(const TrainingRun& run, int pictures) {
  if (pictures >= run.recipe.batch) return;
  int needed = run.recipe.batch;
  while (needed - held_out_count(needed) < run.recipe.batch) ++needed;
  throw Error("a batch of " + std::to_string(run.recipe.batch) + " needs as many pictures, and " +
              std::to_string(pictures) + " are there to learn from: have " +
              std::to_string(needed) +
              " training pictures, of which some are held out, or lower "
              "--batch");
}

}  // namespace

void set_epochs(Recipe& recipe, int epochs) {
  recipe.narrow_epochs = int(int64_t(recipe.narrow_epochs) * epochs / recipe.epochs);
  recipe.epochs = epochs;
}

TrainingData training_data(const Dataset& all, const std::string& more, Dataset test) {
  const int kept = all.size() - held_out_count(all.size());
  TrainingData data{all.slice(0, kept), all.slice(kept, all.size()), std::move(test)};
  if (!more.empty()) data.used = joined(data.used, load_records(more), more);
  return data;
}

std::optional<TrainingResult> train_teacher(const TrainingRun& given, const TrainingData& data,
                                            const TrainingEvents& events,
                                            const std::atomic<bool>& stop, const Ranks* ranks) {
  TrainingRun run = given;
  if (!run.from.empty()) run.recipe.narrow_epochs = 0;
  const Recipe& recipe = run.recipe;
  if (recipe.narrow_epochs > 0 && recipe.narrow_epochs + recipe.qat_epochs > recipe.epochs)
    throw Error("--narrow-epochs " + std::to_string(recipe.narrow_epochs) + " and " +
                std::to_string(recipe.qat_epochs) + " on 8 bits are more than all " +
                std::to_string(recipe.epochs) + " epochs");
  require_a_batch(run, data.used.size());
  Identity identity = identity_of(run.net.name, layers_for(run, data.used), run.recipe, data.used);
  identity.emplace_back("the checksum of --from",
                        run.from.empty() ? "none" : std::to_string(fnv1a(read_file(run.from))));
  Epochs epochs(
      run.out, run.recipe, identity, run.resume,
      [&](int epoch) {
        return epoch == 0 && !run.from.empty() ? float_net(run, data.used)
                                               : net_at(run, data.used, epoch);
      },
      events, stop, ranks);
  epochs.run(cross_entropy(run.recipe.smoothing), data.used, [&](Training& training) {
    HeldOut held_out;
    if (epochs.writes()) held_out.accuracy = settled_accuracy(training.net, data);
    if (training.epoch == run.recipe.narrow_epochs) {
      const int epoch = training.epoch;
      training = Training(widen(training.net, layers_for(run, data.used), Rng(run.recipe.seed, 1)));
      training.epoch = epoch;
    }
    return held_out;
  });
  if (!epochs.writes()) return {};
  Net& net = epochs.net();
  settle_batchnorm(net, data.used);
  const double float_accuracy = accuracy(net, data.test);
  Model model = quantize(net, data.used.classes());
  model.attention = attention_of(run.net, model.layers);
  epochs.lock().check();
  save(model, run.out);
  const std::vector<int32_t> logits = logits_of(IntNet(model), data.test);
  return TrainingResult{float_accuracy,
                        accuracy(logits, data.test.labels(), int(model.classes.size()))};
}

}  // namespace tri
