// How each network is trained. These made the files in nets/weights.
#include "nets/nets.h"

namespace tri {
namespace {

struct Row {
  const char* net;
  // Of all epochs, those at half the channels, and those on 8-bit weights and codes.
  int epochs, narrow, qat, batch;
  float rate, smoothing;
  Augment augment;     // crop, flip, cutout
  int student_epochs;  // of fine-tuning
  float student_rate;
};

// Plain networks as deep as VGG want a lower peak of the rate.
const Row kRecipes[] = {
    {"vgg16", 45, 7, 1, 128, 0.08f, 0.1f, {4, true, 8}, 20, 0.01f},
    {"vgg19", 45, 7, 1, 128, 0.08f, 0.1f, {4, true, 8}, 20, 0.01f},
    {"alexnet", 50, 8, 1, 128, 0.1f, 0.1f, {4, true, 8}, 20, 0.01f},
    {"nin", 45, 6, 1, 128, 0.1f, 0.1f, {4, true, 8}, 20, 0.01f},
    {"mobilenetv1", 45, 0, 1, 128, 0.1f, 0.1f, {4, true, 8}, 20, 0.015f},
    {"resnet20", 80, 0, 2, 128, 0.2f, 0.0f, {4, true, 0}, 14, 0.005f},
    {"mobilenetv2", 45, 0, 1, 128, 0.1f, 0.1f, {4, true, 8}, 20, 0.015f},
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

Recipe finetuning_recipe_of(const std::string& net) {
  Recipe recipe;
  recipe.epochs = 20, recipe.rate = 0.01f;
  for (const Row& row : kRecipes)
    if (net == row.net) recipe.epochs = row.student_epochs, recipe.rate = row.student_rate;
  recipe.qat_epochs = recipe.epochs, recipe.frozen_norm = true;
  // A frozen norm sees the scale of weights: they may not shrink.
  recipe.decay = 0, recipe.smoothing = 0;
  recipe.augment.cutout = 0;
  return recipe;
}

}  // namespace tri
