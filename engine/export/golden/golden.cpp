#include "engine/export/golden/golden.h"

#include <algorithm>
#include <cmath>

#include "data/base/rng.h"
#include "engine/integer/int_net.h"

namespace tri {
namespace {

uint32_t fnv1a_32(uint32_t hash, uint8_t byte) { return (hash ^ byte) * 16777619u; }

// Lets the network run as it does, and takes the checksums of the codes on the way.
class Checksums : public Calibrator {
 public:
  Checksums(const Model& model, const Staircases* staircases, int pictures, Golden& golden)
      : model_(model), staircases_(staircases), golden_(golden) {
    for (size_t row = 0; row < model.layers.size(); ++row)
      if (model.layers[row].has_sums() && !model.layers[row].is_logits())
        golden.rows.push_back(int(row));
    golden.checksums.assign(size_t(pictures) * golden.rows.size(), 2166136261u);
  }
  void see(int layer, const int32_t* accumulators, size_t pixels) override {
    const Layer& l = model_.layers[size_t(layer)];
    if (l.is_logits()) return;
    if (layer != row_) row_ = layer, seen_ = 0, index_ = index_of(layer);
    const size_t K = size_t(l.output.c), pixels_of_one = size_t(l.output.h) * size_t(l.output.w);
    for (size_t p = 0; p < pixels; ++p, ++seen_) {
      uint32_t& sum = golden_.checksums[seen_ / pixels_of_one * golden_.rows.size() + index_];
      for (size_t k = 0; k < K; ++k) sum = fnv1a_32(sum, code(l, k, accumulators[p * K + k]));
    }
  }
  Epilogue epilogue(int, const Epilogue& usual) override { return usual; }

 private:
  size_t index_of(int row) const {
    return size_t(std::ranges::find(golden_.rows, row) - golden_.rows.begin());
  }
  uint8_t code(const Layer& l, size_t k, int32_t accumulator) const {
    if (const size_t tap = size_t(l.tap); l.tap >= 0 && staircases_ && staircases_->f[tap]) {
      const int of_three = level(accumulator, staircases_->t1[tap][k], staircases_->t2[tap][k]);
      return uint8_t(of_three == 1 && staircases_->f[tap]->v1 == 0 ? 0 : of_three);
    }
    const QuantLayer& q = model_.quant[size_t(row_)];
    return requantize(accumulator, {q.m[k], q.shift[k]});
  }

  const Model& model_;
  const Staircases* staircases_;
  Golden& golden_;
  int row_ = -1;
  size_t seen_ = 0, index_ = 0;
};

}  // namespace

std::vector<uint8_t> golden_pictures(Shape shape, int count) {
  constexpr int kCells = 5;  // a side; between their corners colors change evenly
  Rng rng(2026);
  std::vector<uint8_t> pixels;
  for (int n = 0; n < count; ++n) {
    std::vector<int> corners;
    for (int i = 0; i < (kCells + 1) * (kCells + 1) * shape.c; ++i)
      corners.push_back(rng.below(256));
    const auto corner = [&](int i, int j, int c) {
      return corners[size_t((i * (kCells + 1) + j) * shape.c + c)];
    };
    for (int h = 0; h < shape.h; ++h)
      for (int w = 0; w < shape.w; ++w)
        for (int c = 0; c < shape.c; ++c) {
          const int y = h * kCells, x = w * kCells, i = y / shape.h, j = x / shape.w;
          const int down = y % shape.h, right = x % shape.w;
          const int upper = corner(i, j, c) * (shape.w - right) + corner(i, j + 1, c) * right;
          const int lower =
              corner(i + 1, j, c) * (shape.w - right) + corner(i + 1, j + 1, c) * right;
          pixels.push_back(
              uint8_t((upper * (shape.h - down) + lower * down) / (shape.h * shape.w)));
        }
  }
  return pixels;
}

Golden golden(const Model& model, int pictures) {
  Golden golden;
  golden.pictures = pictures;
  golden.pixels = golden_pictures(model.layers.front().in, pictures);
  const IntNet net(model);
  std::optional<Staircases> staircases;
  if (!model.staircases.empty()) staircases.emplace(model, model.staircases);
  const Staircases* s = staircases ? &*staircases : nullptr;
  Checksums checksums(net.model(), s, pictures, golden);
  golden.logits.resize(size_t(pictures) * model.classes.size());
  Workspace workspace;
  net.forward({.staircases = s, .calibrator = &checksums}, golden.pixels.data(), pictures,
              golden.logits.data(), workspace);
  return golden;
}

}  // namespace tri
