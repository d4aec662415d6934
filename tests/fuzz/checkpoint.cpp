// Checkpoints: the sections of a small net, in a frame that is right.
#include "engine/float/checkpoint.h"

#include "tests/fuzz/input.h"

namespace {

tri::Net net_at(int) {
  static const std::vector<tri::Layer> layers = [] {
    std::vector<tri::Layer> rows{tri::conv("a", 2, 3, 2, 1), tri::logits(tri::linear("f", 2))};
    tri::resolve(rows, {16, 16, 1});
    return rows;
  }();
  return {"small", layers, tri::Rng(1)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = as_file(framed("trickpt\n", 2, {data, size}));
  tri::Recipe recipe;
  recipe.epochs = 4, recipe.qat_epochs = 2;
  return fuzz([&] { tri::load_checkpoint(file, {{"net", "small"}}, recipe, net_at); });
}
