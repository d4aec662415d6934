// A small training, and whether two went the same way.
#pragma once

#include "engine/float/train.h"
#include "tests/support/pictures.h"

inline std::vector<tri::Layer> small_layers() {
  using namespace tri;
  std::vector<Layer> layers{conv("a", 16, 3, 2, 1), conv3("b", 16), pool("p", 2, 2), drop(0.1f),
                            logits(linear("f", 10))};
  resolve(layers, kPictureShape);
  return layers;
}

inline bool same(const tri::Training& a, const tri::Training& b) {
  return a.epoch == b.epoch && a.net.quantized == b.net.quantized && a.net.params == b.net.params &&
         a.velocity == b.velocity && a.net.running_mean == b.net.running_mean &&
         a.net.running_variance == b.net.running_variance && a.net.scale == b.net.scale;
}
