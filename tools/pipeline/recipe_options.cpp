#include "tools/pipeline/recipe_options.h"

#include <cfloat>
#include <iostream>

#include "nets/nets.h"
#include "tools/cli/options.h"
#include "tools/pipeline/training.h"

namespace tri {

void RecipeOptions::add_to(CLI::App& options, const std::string& seeds,
                           Recipe recipe_of(const std::string&)) {
  options.add_option("--epochs", epochs_, "all epochs [the net's recipe]")
      ->check(CLI::Range(1, kMostEpochs));
  options.add_option("--batch", batch_, "pictures a step [the net's recipe]")
      ->check(CLI::Range(1, kMostBatch));
  options
      .add_option(
          "--parts", parts_,
          "of a batch, each with statistics of its own: as many ranks of srun or mpirun can "
          "share a step [the net's recipe: 1]")
      ->check(CLI::Range(1, kMostBatch));
  options.add_option("--rate", rate_, "peak learning rate [the net's recipe]")
      ->check(CLI::Range(FLT_TRUE_MIN, FLT_MAX));
  options.add_option("--seed", seed_, "of " + seeds);
  options.add_option(
      "--precision", precision_,
      "of products: fp32 or bf16; a teacher's last epochs, which round to 8 bits, take "
      "fp32 [bf16 where the CPU has it]");
  options.add_option("--config", config_,
                     "JSON file that changes the recipe; --help-all shows all that it may hold");
  options.add_flag_callback(
      "--help-all",
      [&options, recipe_of] {
        std::cout << options.help() << "\n--config FILE, with the recipe of each net:\n";
        for (const std::string& net : net_names())
          std::cout << net << "\n" << dump(to_json(recipe_of(net)));
        throw CLI::Success();
      },
      "print this, and files for --config");
}

void RecipeOptions::apply(Recipe& recipe) const {
  if (!config_.empty()) read_recipe(config_, recipe);
  if (epochs_) set_epochs(recipe, *epochs_);
  recipe.batch = batch_.value_or(recipe.batch);
  recipe.parts = parts_.value_or(recipe.parts);
  recipe.rate = rate_.value_or(recipe.rate);
  recipe.seed = seed_;
  recipe.precision = precision_of(precision_);
}

}  // namespace tri
