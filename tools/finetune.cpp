// ./finetune FILE.tri: learns a student's weights, thresholds and offsets from its teacher.
#include <iostream>
#include <memory>

#include "data/base/file.h"
#include "data/cifar.h"
#include "data/download.h"
#include "data/find_data.h"
#include "engine/kernels/dispatch/isa.h"
#include "tools/cli/mpi.h"
#include "tools/cli/options.h"
#include "tools/pipeline/energy_budget.h"
#include "tools/pipeline/energy_table.h"
#include "tools/pipeline/finetuning.h"
#include "tools/pipeline/finetuning_report.h"
#include "tools/pipeline/pictures.h"
#include "tools/pipeline/recipe_options.h"
#include "tools/pipeline/training_progress.h"
#include "tools/report/run_json.h"

using namespace tri;

int main(int argc, char** argv) {
  Options options(
      "Fine-tunes a student: its weights and thresholds learn from its teacher.\n"
      "Example: ./finetune runs/vgg19/vgg19.tri");
  FinetuningRun run;
  std::string student, teacher, out, energies, budget, isa;
  DataOptions data;
  RecipeOptions given;
  std::optional<double> max_drop;
  bool json = false;
  options.add_option("FILE", student, "the student, a .tri file")->required();
  options.add_option("--teacher", teacher, "its teacher, a .q8 file [nets/weights/NET.q8]");
  data.add_to(options);
  options.add_option("--out", out,
                     "student file to write [FILE-fine.tri]; beside it stand its checkpoint, its "
                     "log, *.csv, and its report, *.json; earlier ones are kept as *.old");
  given.add_to(options, "batches", finetuning_recipe_of);
  options.add_option("--temperature", run.weights.temperature, "of the logits' softmax")
      ->check(CLI::Range(0.1, 100.0));
  options.add_option("--labels", run.weights.labels, "weight of the labels beside the teacher")
      ->check(CLI::Range(0.0, 1e6));
  options
      .add_option("--attention", run.weights.attention,
                  "weight of the distance to the teacher's attention maps")
      ->check(CLI::Range(0.0, 1e6));
  options
      .add_option("--energy", run.weights.energy,
                  "weight of the energy of values that are not 0, over the teacher's: more zeros, "
                  "and less energy, for a little accuracy")
      ->check(CLI::Range(0.0, 1e6));
  CLI::Option* drop =
      options
          .add_option("--max-drop", max_drop,
                      "points of accuracy it may lose on held-out pictures: while it loses more, "
                      "layers get 8 bits again [no limit]")
          ->check(CLI::Range(0.0, 100.0));
  options
      .add_option("--energy-budget", budget,
                  "what it may cost: 30% of the teacher's energy, or 120uJ a picture; zeros are "
                  "paid as much as that takes [no limit]")
      ->check(wrong_with_energy_budget)
      ->excludes(drop);
  options.add_option("--energy-table", energies, "JSON file of energies: README.md shows one")
      ->check(CLI::ExistingFile);
  options.add_flag("--resume", run.resume, "go on from the checkpoint, if there is one");
  options.add_flag("--json", json, "the result as JSON");
  options.add_option("--isa", isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  return run_program(options, argc, argv, [&] {
    set_isa(isa);
    const RunRecord record(argc, argv);
    run.student = load_model(student, table_of);
    if (teacher.empty()) teacher = own_teacher(run.student.net);
    run.teacher = load_model_of(run.student.net, teacher);
    require_pair(run.student, run.teacher, student, teacher);
    Recipe& recipe = run.recipe = finetuning_recipe_of(run.student.net);
    given.apply(recipe);
    recipe.qat_epochs = recipe.epochs;
    if (max_drop) run.max_drop = *max_drop / 100;
    run.energies = energies_for(run.teacher, energies);
    if (!budget.empty()) run.energy_limit = held_out_limit(budget, run.teacher, run.energies);
    std::filesystem::path file = student;
    run.out = out.empty() ? file.replace_extension().string() + "-fine.tri" : out;
    const std::unique_ptr<Ranks> ranks = ranks_of_job();
    const bool helps = begins_as_helper(ranks.get(), data.offline);
    if (!helps) require_writable_file(run.out);
    const auto folder = require_cifar10(data.folder, data.offline);
    const TrainingData pictures = training_data(load_train(folder), "", load_test(folder));
    require_fit(pictures.used, folder.string(), run.student.layers.front().in,
                int(run.student.classes.size()));
    if (helps) return help_finetune(run, pictures, *ranks);
    meet(ranks.get());
    ProgressLine line;
    const FinetuningResult result = finetune(run, pictures, told(line, recipe.epochs),
                                             stop_on_signal(kStopsTraining), ranks.get());
    line.end();
    const Json report = to_json(result, run, student, teacher);
    write_file(report_of(run.out), dump(report));
    record.write(std::filesystem::path(run.out).replace_extension(".run.json"),
                 isa_name(chosen_isa()));
    std::cout << (json ? dump(report) : table(result) + "written: " + run.out.string() + "\n");
    std::cerr << "its curves: ./report " << shell_quoted(run.out) << "\n";
  });
}
