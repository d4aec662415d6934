#include "nets/recipe_file.h"

#include "data/base/error.h"
#include "data/base/file.h"
#include "nets/nets.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

Recipe read(Recipe recipe, const std::string& text) {
  const Scratch scratch;
  write_file(scratch.path / "recipe.json", text);
  read_recipe(scratch.path / "recipe.json", recipe);
  return recipe;
}

}  // namespace

TEST_CASE("the recipe of every net is told as a file that makes it from any other") {
  for (const std::string& net : net_names()) {
    CAPTURE(net);
    Recipe other;
    other.rate = 0.5f, other.augment.flip = false;
    CHECK(to_json(read(other, to_json(recipe_of(net)).dump())) == to_json(recipe_of(net)));
  }
}

TEST_CASE("a recipe of fine-tuning has none of what it does not use") {
  const Recipe recipe = read(finetuning_recipe_of("vgg19"), R"({"epochs": 7, "momentum": 0.8})");
  CHECK(recipe.epochs == 7);
  CHECK(recipe.momentum == 0.8f);
  for (const char* name : {"narrow_epochs", "qat_epochs", "smoothing"}) {
    CHECK_FALSE(to_json(recipe).contains(name));
    CHECK(to_json(recipe_of("vgg19")).contains(name));
  }
}

TEST_CASE("a recipe's numbers have ranges") {
  CHECK_THROWS_WITH_AS(read({}, R"({"momentum": 1})"), doctest::Contains("momentum"), Error);
  CHECK_THROWS_WITH_AS(read({}, R"({"warm": 0})"), doctest::Contains("warm"), Error);
  CHECK_THROWS_WITH_AS(read({}, R"({"seed": 1})"), doctest::Contains("there is no number of a"),
                       Error);
}
