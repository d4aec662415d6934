#include "distill/correct/samples.h"

#include <algorithm>
#include <array>

#include "engine/graph/window.h"

namespace tri {

Stride::Stride(const Layer& layer, int pictures, size_t rows)
    : step_(std::max(size_t(pictures) * size_t(layer.output.h * layer.output.w) / rows, size_t(1)) |
            1) {}  // odd: all columns of a map

OutputSampler::OutputSampler(const Model& model, int pictures, const std::vector<size_t>& wanted)
    : rows(model.layers.size()), model_(model), strides_(model.layers.size()) {
  for (size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i] > 0) strides_[i].emplace(model.layers[i], pictures, wanted[i]);
}

void OutputSampler::see(int layer, const int32_t* accumulators, size_t pixels) {
  std::optional<Stride>& stride = strides_[size_t(layer)];
  if (!stride) return;
  const size_t K = size_t(model_.layers[size_t(layer)].output.c);
  std::vector<int32_t>& y = rows[size_t(layer)];
  for (; pixels > 0; --pixels, accumulators += K)
    if (stride->takes_next()) y.insert(y.end(), accumulators, accumulators + K);
}

void InputSampler::input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape) {
  if (layer != number_) return;
  for (int i = 0; i < n; ++i, x += layer_.in.size())
    for (int h = 0; h < layer_.output.h; ++h)
      for (int w = 0; w < layer_.output.w; ++w)
        if (stride_.takes_next()) add(x, f, h, w);
}

void InputSampler::add(const uint8_t* map, const TriSegment* f, int h, int w) {
  const auto values = f ? f->values() : std::array<uint8_t, 3>{};
  const size_t start = rows.size();
  rows.resize(start + size_t(layer_.kernel) * layer_.kernel * layer_.in.c);
  for_each_run(
      layer_, h, w,
      [&](int at, ptrdiff_t from, int count) {
        for (int i = 0; i < count; ++i)
          rows[start + at + i] = f ? values[map[from + i]] : map[from + i];
      },
      [](int, int) {});  // 0
}

}  // namespace tri
