#include "tools/pipeline/recipe_options.h"

#include <cfloat>

#include "tools/pipeline/training.h"

namespace tri {

void RecipeOptions::add_to(CLI::App& options, const std::string& seeds) {
  options.add_option("--epochs", epochs_, "all epochs [the net's recipe]")
      ->check(CLI::Range(1, 100'000));
  options.add_option("--batch", batch_, "pictures a step [the net's recipe]")
      ->check(CLI::Range(1, 4096));
  options.add_option("--rate", rate_, "peak learning rate [the net's recipe]")
      ->check(CLI::Range(FLT_TRUE_MIN, FLT_MAX));
  options.add_option("--seed", seed_, "of " + seeds);
  options.add_option(
      "--precision", precision_,
      "of products: fp32 or bf16; a teacher's last epochs, which round to 8 bits, take "
      "fp32 [bf16 where the CPU has it]");
}

void RecipeOptions::apply(Recipe& recipe) const {
  if (epochs_) set_epochs(recipe, *epochs_);
  recipe.batch = batch_.value_or(recipe.batch);
  recipe.rate = rate_.value_or(recipe.rate);
  recipe.seed = seed_;
  recipe.precision = precision_of(precision_);
}

}  // namespace tri
