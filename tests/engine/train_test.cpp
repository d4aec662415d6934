#include "engine/float/train.h"

#include <cstring>

#include "data/base/file.h"
#include "engine/arithmetic/quant.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

std::vector<Layer> small_layers() {
  std::vector<Layer> layers{conv("a", 16, 3, 2, 1), conv3("b", 16), pool("p", 2, 2), drop(0.1f),
                            logits(linear("f", 10))};
  resolve(layers, kPicture);
  return layers;
}

// Pictures whose brightness is the label.
Dataset pictures(int n) {
  Rng rng(2);
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  for (int i = 0; i < n; ++i) {
    labels.push_back(uint16_t(rng.below(10)));
    for (int j = 0; j < kPictureBytes; ++j)
      pixels.push_back(uint8_t(24 * labels.back() + rng.below(16)));
  }
  return {kPicture, cifar10_classes(), std::move(pixels), std::move(labels)};
}

Recipe short_recipe() {
  Recipe recipe;
  recipe.epochs = 4, recipe.qat_epochs = 2, recipe.batch = 50, recipe.rate = 0.05f;
  return recipe;
}

void quiet(const Progress&) {}

Net fresh(int) { return Net("small", small_layers(), Rng(77)); }

bool same(const Training& a, const Training& b) {
  return a.epoch == b.epoch && a.net.quantised == b.net.quantised && a.net.params == b.net.params &&
         a.velocity == b.velocity && a.net.running_mean == b.net.running_mean &&
         a.net.running_variance == b.net.running_variance && a.net.scale == b.net.scale;
}

}  // namespace

TEST_CASE("training learns, and the last epochs run on 8-bit weights and codes") {
  const Dataset data = pictures(1000);
  const Recipe recipe = short_recipe();
  Training training(Net("small", small_layers(), Rng(1)));
  while (training.epoch < recipe.epochs) train_epoch(training, recipe, data, quiet);
  CHECK(training.net.quantised);
  CHECK(training.net.scale[0] > 0);
  settle_batchnorm(training.net, data);
  CHECK(accuracy(training.net, data) > 0.5);
}

TEST_CASE("a training that goes on from a checkpoint ends where the unbroken one does") {
  const Dataset data = pictures(500);
  const Recipe recipe = short_recipe();
  const Scratch folder;
  const auto file = folder.path / "net.ckpt";
  Training whole(Net("small", small_layers(), Rng(1))), broken = whole;
  while (whole.epoch < recipe.epochs) train_epoch(whole, recipe, data, quiet);
  while (broken.epoch < recipe.epochs) {
    train_epoch(broken, recipe, data, quiet);
    save_checkpoint(broken, file);
    broken = load_checkpoint(file, fresh);
  }
  CHECK(same(whole, broken));
}

TEST_CASE("a damaged checkpoint, or one of another network, is refused with the reason") {
  const Scratch folder;
  const auto file = folder.path / "net.ckpt";
  Training training(Net("small", small_layers(), Rng(1)));
  save_checkpoint(training, file);
  const auto bytes = read_file(file);
  for (size_t at : {size_t(3), size_t(9), size_t(14), bytes.size() / 2, bytes.size() - 1}) {
    auto broken = bytes;
    broken[at] ^= 4;
    write_file(file, broken);
    CHECK_THROWS_AS(load_checkpoint(file, fresh), Error);
    broken.resize(at);
    write_file(file, broken);
    CHECK_THROWS_AS(load_checkpoint(file, fresh), Error);
  }
  write_file(file, bytes);
  const auto other = [](int) {
    auto layers = small_layers();
    layers[0] = conv("a", 8, 3, 2, 1);
    resolve(layers, kPicture);
    return Net("small", layers, Rng(1));
  };
  const auto renamed = [](int) { return Net("tiny", small_layers(), Rng(1)); };
  CHECK_THROWS_WITH_AS(load_checkpoint(file, other), doctest::Contains("another layer table"),
                       Error);
  CHECK_THROWS_WITH_AS(load_checkpoint(file, renamed), doctest::Contains("expected tiny"), Error);
}
