// ./train NET: trains a network in floats, goes over to QAT and writes the integer network.
#include "engine/float/train.h"

#include "data/cifar.h"
#include "data/download.h"
#include "data/base/file.h"
#include "data/split.h"
#include "distill/correct/calibrate.h"
#include "distill/judge/evaluate.h"
#include "engine/integer/dequantize.h"
#include "engine/float/gemm.h"
#include "engine/float/loops/loops.h"
#include "engine/integer/quantize.h"
#include "engine/float/widen.h"
#include "nets/nets.h"
#include "tools/cli/options.h"
#include "tools/cli/progress.h"
#include "tools/pipeline/train_log.h"

using namespace tri;

namespace {

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

// Accuracy with statistics that fit the weights as they are; training goes on with its own.
double settled_accuracy(Net net, const Dataset& used, const Dataset& data) {
  settle_batchnorm(net, used);
  return accuracy(net, data);
}

// The teacher of a file, in floats again: QAT finds its scales anew. Batch norm's statistics are
// measured on training pictures, as a file may have none.
Net float_net(const std::string& file, const std::string& name, const Dataset& used) {
  Model model = load_model_of(name, file);
  add_statistics(model, used.slice(0, std::min(500, used.size())).pixels());
  Net net = dequantize(model);
  net.quantised = false;
  std::fill(net.scale.begin(), net.scale.end(), 0.0f);
  return net;
}

// Trains to the recipe's end, with a checkpoint after every epoch.
void train(Training& training, const Recipe& recipe, const Dataset& data, const Dataset& held_out,
           const std::string& checkpoint, TrainLog log) {
  const std::atomic<bool>& stop = stop_on_signal();
  ProgressLine line;
  const int first = training.epoch;
  std::string last_held_out;
  while (training.epoch < recipe.epochs) {
    Progress now{};
    train_epoch(training, recipe, data, [&](const Progress& p) {
      if (stop)
        throw Error("stopped in epoch " + std::to_string(p.epoch + 1) +
                    (p.epoch ? ": --resume goes on after epoch " + std::to_string(p.epoch)
                             : ": none is done, so there is nothing to --resume"));
      now = p;
      char text[128];
      std::snprintf(text, sizeof text,
                    "epoch %d/%d: loss %.3f, accuracy %.2f %%%s, %.0f pictures/s", p.epoch + 1,
                    recipe.epochs, p.loss, 100 * p.accuracy, last_held_out.c_str(),
                    p.pictures_per_second);
      line.show(p.epoch - first + double(p.step) / p.steps, recipe.epochs - first, text);
    });
    const double share = settled_accuracy(training.net, data, held_out);
    last_held_out = ", held out " + percent(share);
    log.add({training.epoch, now.loss, now.accuracy, share, now.rate, now.pictures_per_second,
             training.net.quantised});
    if (training.epoch == recipe.narrow_epochs) {
      const int epoch = training.epoch;
      training = Training(widen(training.net, table_of(training.net.name), Rng(recipe.seed, 1)));
      training.epoch = epoch;
    }
    save_checkpoint(training, checkpoint);
    std::cerr << "\nepoch " << training.epoch << ": " << percent(share)
              << " of the held-out pictures\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  choose_blas_kernels(argv);
  Options options(
      "Trains a network and writes it as an 8-bit teacher file.\n"
      "Example: ./train vgg19 --data data/cifar-10-batches-bin");
  std::string net, out, more, from;
  DataOptions data;
  Recipe given;
  bool resume = false;
  options.add_option("NET", net, "the network")->required()->check(OneOf(net_names()));
  data.add_to(options);
  options.add_option(
      "--out", out,
      "teacher file [NET.q8]; FILE.ckpt is its checkpoint, and train.csv stands beside it");
  options.add_option("--from", from, "teacher file to go on from with a new schedule");
  options.add_option("--more", more, "a file of records of the same kind to train on as well");
  auto* epochs = options.add_option("--epochs", given.epochs, "all epochs [the net's recipe]");
  auto* narrow = options.add_option("--narrow-epochs", given.narrow_epochs,
                                    "the first ones, on half the channels [the net's recipe]");
  auto* batch = options.add_option("--batch", given.batch, "pictures a step [the net's recipe]");
  auto* rate = options.add_option("--rate", given.rate, "peak learning rate [the net's recipe]");
  auto* cutout = options
                     .add_option("--cutout", given.augment.cutout,
                                 "side of the square that batches hide [the net's recipe]")
                     ->check(CLI::Range(0, kMostSide));
  options.add_option("--seed", given.seed, "of weights, batches and dropout");
  options.add_flag("--resume", resume, "go on from the checkpoint");
  return run_program(options, argc, argv, [&] {
    loops();  // a wrong TRISEGMENT_ISA is told before there is anything to lose
    Recipe recipe = recipe_of(net);
    if (*epochs) {
      recipe.narrow_epochs = recipe.narrow_epochs * given.epochs / recipe.epochs;  // their share
      recipe.epochs = given.epochs;
    }
    if (*narrow) recipe.narrow_epochs = given.narrow_epochs;
    if (!from.empty()) recipe.narrow_epochs = 0;
    if (recipe.narrow_epochs >= recipe.epochs)
      throw Error("--narrow-epochs " + std::to_string(recipe.narrow_epochs) + ": of " +
                  std::to_string(recipe.epochs) + " epochs none is left for the whole network");
    if (*batch) recipe.batch = given.batch;
    if (*rate) recipe.rate = given.rate;
    if (*cutout) recipe.augment.cutout = given.augment.cutout;
    recipe.seed = given.seed;
    if (out.empty()) out = net + ".q8";
    make_writable_folder(std::filesystem::absolute(out).parent_path());
    const auto folder = require_cifar10(data.folder, data.offline);
    const Dataset all = load_train(folder), test = load_test(folder);
    const int kept = all.size() - held_out_count(all.size());
    Dataset used = all.slice(0, kept);
    const Dataset held_out = all.slice(kept, all.size());
    if (!more.empty()) used = joined(used, load_records(more), more);

    const std::vector<Layer> layers = table_of(net);
    require_fit(all, folder.string(), layers.front().in, layers.back().output.c);

    const auto net_at = [&](int epoch) {
      return Net(net, table(net, epoch < recipe.narrow_epochs ? 0.5 : 1), Rng(recipe.seed));
    };
    const std::string checkpoint = out + ".ckpt";
    Training training = resume         ? load_checkpoint(checkpoint, net_at)
                        : from.empty() ? Training(net_at(0))
                                       : Training(float_net(from, net, used));
    train(training, recipe, used, held_out, checkpoint,
          TrainLog(std::filesystem::path(out).replace_filename("train.csv"), training.epoch));
    settle_batchnorm(training.net, used);
    const double float_accuracy = accuracy(training.net, test);
    const Model model = quantize(training.net);
    save(model, out);
    const IntNet integer(model);
    std::cout << out << ": test accuracy " << percent(float_accuracy) << " in floats, "
              << percent(accuracy(logits_of(integer, test), test.labels(), model.layers.back().output.c))
              << " in integers\n";
  });
}
