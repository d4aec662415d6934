// The options of ./train and ./finetune that change a net's recipe.
#pragma once

#include <optional>
#include <string>

#include "engine/float/train.h"
#include "tools/cli/options.h"

namespace tri {

class RecipeOptions {
 public:
  // seeds: what the seed is of.
  void add_to(CLI::App& options, const std::string& seeds);
  // Changes what was given. Throws Error for a precision that does not exist here.
  void apply(Recipe& recipe) const;

 private:
  std::optional<int> epochs_, batch_;
  std::optional<float> rate_;
  uint64_t seed_ = Recipe{}.seed;
  std::string precision_;
};

}  // namespace tri
