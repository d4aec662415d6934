#include "tests/support/random_model.h"

#include <algorithm>
#include <cmath>

#include "data/batch.h"
#include "distill/synthesis/pyramid.h"
#include "engine/arithmetic/quant.h"

using namespace tri;

Model random_model(std::vector<Layer> layers, Rng& rng, Shape input) {
  resolve(layers, input);
  Model model{.net = "random", .layers = layers, .quant = {}, .staircases = {}};
  for (const Layer& l : layers) {
    QuantLayer q;
    const size_t K = l.has_sums() ? size_t(l.output.c) : 0;
    const bool adds = l.kind == Kind::add;
    for (size_t i = 0; adds && i < 2 * K; ++i) q.factors.push_back(rng.below(kFactorMax + 1));
    for (size_t i = 0; i < l.weights(); ++i) q.weights.push_back(int8_t(rng.below(255) - 127));
    // Standard deviation of a sum of products of weights and codes that are spread evenly.
    const double spread = adds ? 2e6 : std::sqrt(double(l.rows())) * 73 * 147;
    for (size_t k = 0; k < K; ++k) {
      q.bias.push_back(int32_t(spread * rng.normal() / 2));
      const Multiplier r =
          multiplier((l.is_logits() ? 2000 : 100) / spread * (0.5 + rng.uniform()));
      q.m.push_back(r.m);
      q.shift.push_back(r.shift);
      if (!l.has_norm()) continue;
      q.mean.push_back(float(rng.normal()));
      q.variance.push_back(float(rng.uniform()));
    }
    q.scale = float(0.01 + rng.uniform());
    model.quant.push_back(q);
  }
  for (int k = 0; k < model.layers.back().output.c; ++k)
    model.classes.push_back("class " + std::to_string(k));
  return model;
}

std::vector<std::optional<TriSegment>> random_staircases(const Model& model, Rng& rng) {
  std::vector<std::optional<TriSegment>> f(size_t(model.taps()));
  const auto byte = [&] { return uint8_t(rng.below(256)); };
  for (size_t tap = 0; tap < f.size(); ++tap)
    if (tap % 3 != 2) f[tap] = TriSegment{byte(), byte(), byte(), byte()}.ordered();
  return f;
}

std::vector<uint8_t> random_pixels(int n, Rng& rng) {
  std::vector<uint8_t> pixels(size_t(n) * kPictureBytes);
  for (uint8_t& x : pixels) x = uint8_t(rng.below(256));
  return pixels;
}

Dataset random_pictures(int n, uint64_t seed, Shape shape) {
  const Pyramid pyramid(shape);
  std::vector<float> nodes(size_t(pyramid.nodes())), x(shape.size());
  std::vector<uint8_t> pixels;
  for (int i = 0; i < n; ++i) {
    pyramid.random_nodes(Rng(seed, uint64_t(i)), nodes.data());
    pyramid.paint(nodes.data(), x.data());
    for (const float value : x)
      pixels.push_back(uint8_t(std::clamp(value * kPixelUnit + kPixelZero, 0.0f, 255.0f)));
  }
  return {shape, cifar10_classes(), std::move(pixels), std::vector<uint16_t>(size_t(n))};
}

std::vector<uint16_t> labels_in_turn(int n, int classes) {
  std::vector<uint16_t> labels;
  for (int i = 0; i < n; ++i) labels.push_back(uint16_t(i % classes));
  return labels;
}

std::vector<Layer> residual_layers() {
  return {conv3("conv1", 6),
          conv3("conv2", 8, 2),
          without_relu(conv3("conv3", 8)),
          without_relu(reading(pw("short", 8, 2), "conv1")),
          add("add1", "conv3", "short"),
          pw("expand", 12),
          dw("dw", 1),
          without_relu(pw("project", 8)),
          without_relu(add("add2", "add1", "project")),
          pool("pool1", 3, 2, 1),
          drop(0.5f),
          conv3("conv4", 8),
          add("add3", "conv4", "pool1"),
          average("average"),
          logits(linear("fc", 10))};
}

std::vector<Layer> every_kind_of_layer(bool average_of_logits) {
  std::vector<Layer> layers = {
      conv3("conv1", 5, 2), pool("pool1", 3, 2, 1), dw("dw1", 1),        conv3("conv2", 9),
      dw("dw2", 1),         pw("pw1", 17),          pool("pool2", 2, 2), drop(0.5f)};
  if (average_of_logits) {
    layers.insert(layers.end(), {logits(pw("conv3", kClasses)), average("average")});
  } else {
    layers.insert(layers.end(),
                  {conv3("conv3", 12), average("average"), logits(linear("fc", kClasses))});
  }
  return layers;
}
