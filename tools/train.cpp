// ./train NET: trains a network in floats, goes over to QAT and writes the integer network.
#include <iostream>
#include <memory>

#include "data/base/file.h"
#include "data/base/json.h"
#include "data/cifar.h"
#include "data/download.h"
#include "data/find_data.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/cli/mpi.h"
#include "tools/cli/options.h"
#include "tools/cli/progress.h"
#include "tools/pipeline/recipe_options.h"
#include "tools/pipeline/training_progress.h"
#include "tools/report/run_json.h"

using namespace tri;

int main(int argc, char** argv) {
  Options options(
      "Trains a network and writes it as an 8-bit teacher file.\n"
      "Example: ./train vgg19 --data data/cifar-10-batches-bin");
  TrainingRun run;
  std::string out, more, isa;
  DataOptions data;
  RecipeOptions given;
  std::optional<int> narrow_epochs, cutout;
  bool json = false;
  options.add_option("NET", run.net.name, "the network; any name with --layers")->required();
  options
      .add_option("--layers", run.net.layers_file,
                  "JSON file of the network's table: nets/README.md shows one")
      ->check(CLI::ExistingFile);
  options.add_option("--width", run.net.width, "factor on the channels of every hidden layer")
      ->check(CLI::Range(0.01, 16.0));
  data.add_to(options);
  options.add_option("--out", out,
                     "teacher file FILE.q8 [NET.q8]; beside it stand its checkpoint, "
                     "FILE.q8.ckpt, and its log, FILE.csv; earlier ones are kept as *.old");
  options.add_option("--from", run.from, "teacher file to go on from with a new schedule");
  options.add_option("--more", more, "a file of records of the same kind to train on as well");
  options
      .add_option("--narrow-epochs", narrow_epochs,
                  "the first ones, on half the channels [the net's recipe]")
      ->check(CLI::Range(0, kMostEpochs));
  options.add_option("--cutout", cutout, "side of the square that batches hide [the net's recipe]")
      ->check(CLI::Range(0, kMostSide));
  given.add_to(options, "weights, batches and dropout", recipe_of);
  options.add_flag("--resume", run.resume, "go on from the checkpoint, if there is one");
  options.add_flag("--json", json, "the result as JSON");
  options.add_option("--isa", isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  return run_program(options, argc, argv, [&] {
    set_isa(isa);
    const RunRecord record(argc, argv);
    require_net(run.net.name, !run.net.layers_file.empty(), "--layers");
    Recipe& recipe = run.recipe = recipe_of(run.net.name);
    given.apply(recipe);
    recipe.narrow_epochs = narrow_epochs.value_or(recipe.narrow_epochs);
    recipe.augment.cutout = cutout.value_or(recipe.augment.cutout);
    run.out = out.empty() ? run.net.name + ".q8" : out;
    const std::unique_ptr<Ranks> ranks = ranks_of_job();
    const bool helps = begins_as_helper(ranks.get(), data.offline);
    if (!helps) require_writable_file(run.out);
    const auto folder = require_cifar10(data.folder, data.offline);
    const TrainingData pictures = training_data(load_train(folder), more, load_test(folder));
    if (helps) {
      const std::atomic<bool> never{false};
      train_teacher(run, pictures, {}, never, ranks.get());
      return;
    }
    meet(ranks.get());
    ProgressLine line;
    const TrainingResult result = *train_teacher(run, pictures, told(line, recipe.epochs),
                                                 stop_on_signal(kStopsTraining), ranks.get());
    line.end();
    record.write(std::filesystem::path(run.out).replace_extension(".run.json"),
                 isa_name(chosen_isa()));
    if (json)
      std::cout << dump({{"file", run.out.string()},
                         {"float_accuracy", result.float_accuracy},
                         {"accuracy", result.accuracy},
                         {"recipe", to_json(recipe)}});
    else
      std::cout << run.out.string() << ": test accuracy " << percent(result.float_accuracy)
                << " in floats, " << percent(result.accuracy) << " in integers\n";
    std::cerr << "its curves: ./report " << shell_quoted(run.out) << "\n";
  });
}
