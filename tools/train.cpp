// ./train NET: trains a network in floats, goes over to QAT and writes the integer network.
#include "engine/train.h"

#include "data/cifar10.h"
#include "data/download.h"
#include "data/file.h"
#include "distill/evaluate.h"
#include "engine/quantize.h"
#include "engine/widen.h"
#include "nets/nets.h"
#include "tools/options.h"
#include "tools/progress.h"

using namespace tri;

namespace {

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

// Trains to the recipe's end, with a checkpoint after every epoch.
void train(Training& training, const Recipe& recipe, const Dataset& data, const Dataset& held_out,
           const std::string& checkpoint) {
  ProgressLine line;
  const int first = training.epoch;
  while (training.epoch < recipe.epochs) {
    train_epoch(training, recipe, data, [&](const Progress& p) {
      char text[128];
      std::snprintf(text, sizeof text, "epoch %d/%d: loss %.3f, accuracy %.2f %%, %.0f pictures/s",
                    p.epoch + 1, recipe.epochs, p.loss, 100 * p.accuracy, p.pictures_per_second);
      line.show(p.epoch - first + double(p.step) / p.steps, recipe.epochs - first, text);
    });
    if (training.epoch == recipe.narrow_epochs) {
      const int epoch = training.epoch;
      training = Training(widen(training.net, table_of(training.net.name), Rng(recipe.seed, 1)));
      training.epoch = epoch;
    }
    save_checkpoint(training, checkpoint);
    Net settled = training.net;
    settle_batchnorm(settled, data);
    std::cerr << "\nepoch " << training.epoch << ": " << percent(accuracy(settled, held_out))
              << " of the held-out pictures\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Trains a network on CIFAR-10 and writes it as an 8-bit teacher file.\n"
      "Example: ./train vgg19 --data data/cifar-10-batches-bin");
  std::string net, out;
  DataOptions data;
  Recipe given;
  bool resume = false;
  options.add_option("NET", net, "the network")->required()->check(OneOf(net_names()));
  data.add_to(options);
  options.add_option("--out", out, "teacher file [NET.q8]; FILE.ckpt is its checkpoint");
  auto* epochs = options.add_option("--epochs", given.epochs, "all epochs [the net's recipe]");
  auto* narrow = options.add_option("--narrow-epochs", given.narrow_epochs,
                                    "the first ones, on half the channels [the net's recipe]");
  auto* batch = options.add_option("--batch", given.batch, "pictures a step [the net's recipe]");
  auto* rate = options.add_option("--rate", given.rate, "peak learning rate [the net's recipe]");
  options.add_option("--seed", given.seed, "of weights, batches and dropout");
  options.add_flag("--resume", resume, "go on from the checkpoint");
  return run_program(options, argc, argv, [&] {
    Recipe recipe = recipe_of(net);
    if (*epochs) recipe.epochs = given.epochs;
    if (*narrow) recipe.narrow_epochs = given.narrow_epochs;
    if (*batch) recipe.batch = given.batch;
    if (*rate) recipe.rate = given.rate;
    recipe.seed = given.seed;
    if (out.empty()) out = net + ".q8";
    make_writable_folder(std::filesystem::absolute(out).parent_path());
    const auto folder = require_cifar10(data.folder, data.offline);
    const Dataset all = load_train(folder), test = load_test(folder);
    const int kept = all.size() - std::min(1000, all.size() / 10);
    const Dataset used = all.slice(0, kept), held_out = all.slice(kept, all.size());

    const auto net_at = [&](int epoch) {
      return Net(net, table(net, epoch < recipe.narrow_epochs ? 0.5 : 1), Rng(recipe.seed));
    };
    const std::string checkpoint = out + ".ckpt";
    Training training = resume ? load_checkpoint(checkpoint, net_at) : Training(net_at(0));
    train(training, recipe, used, held_out, checkpoint);
    settle_batchnorm(training.net, used);
    const double float_accuracy = accuracy(training.net, test);
    const Model model = quantize(training.net);
    save(model, out);
    const IntNet integer(model);
    std::cout << out << ": test accuracy " << percent(float_accuracy) << " in floats, "
              << percent(accuracy(logits_of(integer, test), test.labels, kClasses))
              << " in integers\n";
  });
}
