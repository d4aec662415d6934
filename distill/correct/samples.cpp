#include "distill/correct/samples.h"

#include <algorithm>
#include <array>

namespace tri {

Stride::Stride(const Layer& layer, int pictures, size_t rows)
    : step_(std::max(size_t(pictures) * size_t(layer.output.h * layer.output.w) / rows, size_t(1)) |
            1) {}  // odd: all columns of a map

OutputSampler::OutputSampler(const Model& model, int pictures, size_t count, int first)
    : rows(model.layers.size()), model_(model), first_(first) {
  for (const Layer& l : model.layers) strides_.emplace_back(l, pictures, count);
}

void OutputSampler::see(int layer, const int32_t* accumulators, size_t pixels) {
  if (layer < first_) return;
  const size_t K = size_t(model_.layers[size_t(layer)].output.c);
  std::vector<int32_t>& y = rows[size_t(layer)];
  for (; pixels > 0; --pixels, accumulators += K)
    if (strides_[size_t(layer)].takes_next()) y.insert(y.end(), accumulators, accumulators + K);
}

void InputSampler::input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape) {
  if (layer != number_) return;
  for (int i = 0; i < n; ++i, x += layer_.in.size())
    for (int h = 0; h < layer_.output.h; ++h)
      for (int w = 0; w < layer_.output.w; ++w)
        if (stride_.takes_next())
          add(x, f, h * layer_.stride - layer_.pad, w * layer_.stride - layer_.pad);
}

void InputSampler::add(const uint8_t* map, const TriSegment* f, int h0, int w0) {
  const int C = layer_.in.c;
  const auto values = f ? f->values() : std::array<uint8_t, 3>{};
  for (int h = h0; h < h0 + layer_.kernel; ++h)
    for (int w = w0; w < w0 + layer_.kernel; ++w) {
      const size_t at = rows.size();
      rows.resize(at + size_t(C), zero_);
      if (h < 0 || h >= layer_.in.h || w < 0 || w >= layer_.in.w) continue;
      const uint8_t* from = map + (size_t(h) * layer_.in.w + w) * C;
      for (int c = 0; c < C; ++c) rows[at + c] = f ? values[from[c]] : from[c];
    }
}

}  // namespace tri
