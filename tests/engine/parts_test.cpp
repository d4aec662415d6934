#include "engine/float/parts.h"

#include <cmath>

#include "engine/float/train.h"
#include "tests/support/ranks.h"
#include "tests/support/small_training.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

Recipe recipe_of(int parts) {
  Recipe recipe;
  recipe.epochs = 2, recipe.batch = 32, recipe.rate = 0.05f, recipe.parts = parts;
  return recipe;
}

// Both epochs, the second one quantized.
Training trained(const Recipe& recipe, const Dataset& data, const Ranks* ranks) {
  Training training(Net("small", small_layers(), Rng(1)));
  while (training.epoch < recipe.epochs)
    train_epoch(
        training, recipe, cross_entropy(recipe.smoothing), data, [](const Progress&) {}, ranks);
  return training;
}

}  // namespace

TEST_CASE("a tree adds neighbors first, whatever order would be exact") {
  const std::vector<float> values = {1, 1e8f, -1e8f, 3, 0.25f, 1e-8f, 7, 1e8f};
  TreeSum sum;
  Buffer<float> leaf;
  for (const float value : values) {
    leaf.assign(1, value);
    sum.add(leaf);
  }
  const auto pair = [&](int i) { return values[size_t(i)] + values[size_t(i) + 1]; };
  CHECK(sum.sum()[0] == (pair(0) + pair(2)) + (pair(4) + pair(6)));
}

TEST_CASE("without batch statistics the gradient of parts is that of the whole batch") {
  const Dataset data = bright_pictures(32);
  Net net("small", small_layers(), Rng(1));
  Activations acts;
  std::vector<BatchResult> results;
  std::vector<Buffer<float>> gradients;
  for (const int parts : {1, 2, 8}) {
    results.push_back(batch_gradient(net, acts, {32, data.picture(0), data.labels().data()},
                                     cross_entropy(0.1f), {.parts = parts}));
    gradients.push_back(net.grads);
  }
  for (size_t i = 1; i < results.size(); ++i) {
    CHECK(results[i].loss == doctest::Approx(results[0].loss).epsilon(1e-5));
    CHECK(results[i].correct == results[0].correct);
    double difference = 0, size = 0;
    for (size_t j = 0; j < gradients[0].size(); ++j) {
      difference += std::abs(gradients[i][j] - gradients[0][j]);
      size += std::abs(gradients[0][j]);
    }
    CHECK(size > 0);
    CHECK(difference < 1e-4 * size);
  }
}

TEST_CASE("each part is normalized by itself, and running statistics are the parts' mean") {
  const Dataset data = bright_pictures(16);
  Net net("small", small_layers(), Rng(1)), halves = net;
  Activations acts;
  const auto run = [&](Net& of, int first, int n, int parts) {
    batch_gradient(of, acts, {n, data.picture(first), data.labels().data() + first},
                   cross_entropy(0), {.parts = parts, .forward = {.training = true}});
  };
  run(halves, 0, 16, 2);
  Buffer<float> mean(net.channels, 0);
  for (const int first : {0, 8}) {
    Net half = net;
    run(half, first, 8, 1);
    for (size_t i = 0; i < mean.size(); ++i) mean[i] += half.running_mean[i] / 2;
  }
  CHECK(halves.running_mean == mean);
  run(net, 0, 16, 1);
  CHECK(halves.running_variance != net.running_variance);
}

TEST_CASE("any number of ranks trains the same network, byte for byte") {
  const Dataset data = bright_pictures(200);
  const Recipe recipe = recipe_of(8);
  const Training alone = trained(recipe, data, nullptr);
  CHECK_FALSE(same(alone, trained(recipe_of(1), data, nullptr)));
  for (const int count : {2, 4, 8}) {
    CAPTURE(count);
    std::vector<Training> all(size_t(count), Training(Net("small", small_layers(), Rng(1))));
    const auto work = [&](const Ranks& ranks) {
      all[size_t(ranks.rank())] = trained(recipe, data, &ranks);
    };
    on_ranks(count, work, work);
    for (const Training& one : all) CHECK(same(one, alone));
  }
}
