// The options of ./train and ./finetune that change a net's recipe.
#pragma once

#include <optional>
#include <string>

#include "engine/float/train.h"
#include "nets/recipe_file.h"

namespace CLI {
class App;
}

namespace tri {

class RecipeOptions {
 public:
  // seeds: what the seed is of; recipe_of: the recipe of each net, which --help-all shows.
  void add_to(CLI::App& options, const std::string& seeds, Recipe recipe_of(const std::string&));
  // Changes what was given, the file of --config first. Throws Error for a precision that does not
  // exist here, and as read_recipe() does.
  void apply(Recipe& recipe) const;

 private:
  std::optional<int> epochs_, batch_, parts_;
  std::optional<float> rate_;
  uint64_t seed_ = Recipe{}.seed;
  std::string precision_, config_;
};

}  // namespace tri
