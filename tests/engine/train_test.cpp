#include "engine/float/train.h"

#include <cmath>

#include "data/base/error.h"
#include "engine/arithmetic/quant.h"
#include "tests/support/small_training.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

Recipe short_recipe() {
  Recipe recipe;
  recipe.epochs = 4, recipe.qat_epochs = 2, recipe.batch = 50, recipe.rate = 0.05f;
  return recipe;
}

void quiet(const Progress&) {}

}  // namespace

TEST_CASE("training learns, and the last epochs run on 8-bit weights and codes") {
  const Dataset data = bright_pictures(1000);
  const Recipe recipe = short_recipe();
  Training training(Net("small", small_layers(), Rng(1)));
  while (training.epoch < recipe.epochs)
    train_epoch(training, recipe, cross_entropy(recipe.smoothing), data, quiet);
  CHECK(training.net.quantized);
  CHECK(training.net.scale[0] > 0);
  settle_batchnorm(training.net, data);
  CHECK(accuracy(training.net, data) > 0.5);
}

TEST_CASE("the loss is an argument: a training follows the gradient that it returns") {
  const Dataset data = bright_pictures(100);
  Recipe recipe = short_recipe();
  recipe.decay = 0;
  Training training(Net("small", small_layers(), Rng(1)));
  int batches = 0;
  // Pulls the first logit up, whatever the labels say.
  const Loss up = [&](const TrainingBatch& batch, const Net&, const Activations& acts,
                      LossGradient& gradient) {
    std::vector<float>& d = gradient.logits;
    const int classes = int(d.size()) / batch.n;
    CHECK(batch.n == recipe.batch);
    CHECK(batch.pixels[0] / 24 == batch.labels[0]);
    double loss = 0;
    for (int i = 0; i < batch.n * classes; ++i) {
      d[i] = i % classes == 0 ? -1.0f / float(batch.n) : 0;
      loss += d[i] * acts.logits()[i];
    }
    ++batches;
    return loss;
  };
  recipe.augment = {.crop = 0, .flip = false, .cutout = 0};
  double last = 0;
  while (training.epoch < 2)
    train_epoch(training, recipe, up, data, [&](const Progress& p) { last = p.loss; });
  CHECK(batches == 4);
  CHECK(last < -0.5);
  const Dataset first =
      data.relabeled(data.classes(), std::vector<uint16_t>(size_t(data.size()), 0));
  settle_batchnorm(training.net, data);
  CHECK(accuracy(training.net, first) == 1);
}

TEST_CASE("a loss that is not finite stops the epoch and says where") {
  const Dataset data = bright_pictures(200);
  const Recipe recipe = short_recipe();
  Training training(Net("small", small_layers(), Rng(1)));
  training.epoch = 2;
  int steps = 0;
  const Loss third = [&](const TrainingBatch&, const Net&, const Activations&, LossGradient&) {
    return ++steps == 3 ? std::nan("") : 1.0;
  };
  CHECK_THROWS_WITH_AS(
      train_epoch(training, recipe, third, data, quiet),
      doctest::Contains("the loss is no longer finite in epoch 3, step 3, at a rate of"), Error);
  CHECK(steps == 3);
  const Loss strange = [&](const TrainingBatch&, const Net&, const Activations&,
                           LossGradient& gradient) {
    std::ranges::fill(gradient.logits, std::nanf(""));
    return 1.0;
  };
  CHECK_THROWS_WITH_AS(train_epoch(training, recipe, strange, data, quiet),
                       doctest::Contains("the weights are no longer finite in epoch 3, step 4"),
                       Error);
}

TEST_CASE("batch norm is settled, and ranges are set, on as few pictures as there are") {
  Training training(Net("small", small_layers(), Rng(1)));
  const Dataset data = bright_pictures(3);
  settle_batchnorm(training.net, data);
  set_ranges(training.net, data);
  CHECK(training.net.running_mean[0] != 0);
  CHECK(training.net.scale[0] > 0);
  training.net.beta(0)[3] = HUGE_VALF, training.net.scale[0] = 0;
  CHECK_THROWS_WITH_AS(set_ranges(training.net, data), doctest::Contains("layer a are not finite"),
                       Error);
}
