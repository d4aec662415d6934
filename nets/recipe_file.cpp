#include "nets/recipe_file.h"

#include <cfloat>

#include "data/base/error.h"
#include "data/base/fields.h"

namespace tri {
namespace {

std::vector<Field> fields_of(Recipe& r) {
  std::vector<Field> fields = {{"", "epochs", &r.epochs, 1, kMostEpochs},
                               {"", "batch", &r.batch, 1, kMostBatch},
                               {"", "parts", &r.parts, 1, kMostBatch},
                               {"", "rate", &r.rate, FLT_TRUE_MIN, FLT_MAX},
                               {"", "warm", &r.warm, 0.001, 0.999},
                               {"", "momentum", &r.momentum, 0, 0.9999},
                               {"", "decay", &r.decay},
                               {"", "crop", &r.augment.crop, 0, kMostSide},
                               {"", "flip", &r.augment.flip},
                               {"", "cutout", &r.augment.cutout, 0, kMostSide}};
  if (!r.frozen_norm) {
    fields.push_back({"", "narrow_epochs", &r.narrow_epochs, 0, kMostEpochs});
    fields.push_back({"", "qat_epochs", &r.qat_epochs, 1, kMostEpochs});
    fields.push_back({"", "smoothing", &r.smoothing, 0, 0.999});
  }
  return fields;
}

}  // namespace

Json to_json(const Recipe& recipe) {
  Recipe copy = recipe;
  return to_json(fields_of(copy));
}

void read_recipe(const std::filesystem::path& file, Recipe& recipe) {
  read_fields(file, fields_of(recipe), "number of a recipe");
}

}  // namespace tri
