// How each network is trained. These made the files in nets/weights.
#include "nets/nets.h"

namespace tri {
namespace {

struct Row {
  const char* net;
  // Of all epochs, those at half the channels, and those on 8-bit weights and codes.
  int epochs, narrow, qat, batch;
  float rate, smoothing;
  Augment augment;  // crop, flip, cutout
};

// Plain networks as deep as VGG want a lower peak of the rate.
const Row kRecipes[] = {
    {"vgg16", 26, 6, 1, 128, 0.08f, 0.1f, {4, true, 8}},
    {"vgg19", 30, 5, 1, 128, 0.08f, 0.1f, {4, true, 8}},
    {"alexnet", 24, 6, 1, 128, 0.1f, 0.1f, {4, true, 8}},
    {"nin", 22, 8, 1, 128, 0.1f, 0.1f, {4, true, 8}},
    {"mobilenetv1", 60, 0, 1, 128, 0.1f, 0.1f, {4, true, 8}},
    {"resnet20", 60, 0, 2, 128, 0.2f, 0.0f, {4, true, 0}},
    {"mobilenetv2", 60, 0, 1, 128, 0.1f, 0.1f, {4, true, 8}},
};

}  // namespace

Recipe recipe_of(const std::string& net) {
  Recipe recipe;
  for (const Row& row : kRecipes)
    if (net == row.net) {
      recipe.epochs = row.epochs, recipe.narrow_epochs = row.narrow, recipe.qat_epochs = row.qat;
      recipe.batch = row.batch, recipe.rate = row.rate, recipe.smoothing = row.smoothing;
      recipe.augment = row.augment;
    }
  return recipe;
}

}  // namespace tri
