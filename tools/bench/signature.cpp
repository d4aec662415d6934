#include <cmath>

#include "data/base/rng.h"
#include "engine/arithmetic/quant.h"
#include "engine/integer/int_net.h"
#include "tools/bench/commands.h"
#include "tools/bench/contest.h"

namespace tri {
namespace {

constexpr Shape kPictureShape{32, 32, 3};
constexpr int kClasses = 10;
constexpr int kPictures = 35;  // more than IntNet takes at a time, and an odd rest

// Random weights and biases, and factors that spread the codes: the standard deviation of a sum is
// about sqrt(rows) times that of a weight (73) times the root mean square of a code (147). No
// function of the maths library that may round differently elsewhere is called: sqrt is exact.
Model model_of(std::vector<Layer> layers, Rng& rng) {
  resolve(layers, kPictureShape);
  Model model{.net = "signature", .layers = std::move(layers), .quant = {}, .staircases = {}};
  for (const Layer& l : model.layers) {
    QuantLayer q;
    for (size_t i = 0; i < l.weights(); ++i) q.weights.push_back(int8_t(rng.below(255) - 127));
    const double spread = std::sqrt(double(l.rows())) * 73 * 147;
    for (int k = 0; l.has_weights() && k < l.output.c; ++k) {
      q.bias.push_back(int32_t(spread * (rng.uniform() - 0.5)));
      const Multiplier r = multiplier((l.is_tap() ? 100 : 2000) / spread * (0.5 + rng.uniform()));
      q.m.push_back(r.m), q.shift.push_back(r.shift);
    }
    model.quant.push_back(std::move(q));
  }
  // Every fourth layer keeps its 8-bit codes, so that the student has both kinds of kernel.
  for (int tap = 0; tap < model.taps(); ++tap) {
    const auto below = [&](int n) { return uint8_t(rng.below(n)); };
    model.staircases.emplace_back();
    if (tap % 4 != 3)
      model.staircases.back() =
          TriSegment{below(60), below(200), uint8_t(60 + below(60)), below(256)}.ordered();
  }
  return model;
}

// Ends as VGG and MobileNet do, on channels that fill no register; ends as NiN does.
std::vector<std::vector<Layer>> nets() {
  return {{conv3("conv1", 33), pool("pool1", 2, 2), dw("dw1", 2), pw("pw1", 70),
           conv3("conv2", 65, 2), conv3("conv3", 128), pool("pool2", 2, 2), linear("fc1", 100),
           drop(0.5f), logits(linear("fc2", kClasses))},
          {conv("conv1", 48, 5, 2, 2), pw("cccp1", 40), pool("pool1", 3, 2, 1),
           conv("conv2", 64, 5, 1, 2), dw("dw1", 1), conv3("conv3", 31), average("average"),
           logits(pw("fc", kClasses))},
          {conv3("conv1", 16, 2), conv3("conv2", 64), conv3("conv3", 96), pool("pool1", 2, 2),
           logits(pw("cccp", kClasses)), average("average")}};
}

}  // namespace

uint64_t signature() {
  Rng rng(2026);
  std::vector<uint8_t> pixels(size_t(kPictures) * kPictureShape.size());
  for (uint8_t& x : pixels) x = uint8_t(rng.below(256));
  std::vector<int32_t> all;
  for (const std::vector<Layer>& layers : nets()) {
    const IntNet net(model_of(layers, rng));
    const Staircases staircases(net.model(), net.model().staircases);
    Workspace workspace;
    std::vector<int32_t> logits(size_t(kPictures) * kClasses);
    for (const Staircases* student : {static_cast<const Staircases*>(nullptr), &staircases}) {
      net.forward({.staircases = student}, pixels.data(), kPictures, logits.data(), workspace);
      all.insert(all.end(), logits.begin(), logits.end());
    }
  }
  return hash_of(all);
}

}  // namespace tri
