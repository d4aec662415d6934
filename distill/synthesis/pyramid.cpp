#include "distill/synthesis/pyramid.h"

#include <algorithm>
#include <cmath>

namespace tri {

// Calls f(cells a side, values of its nodes) for every grid, the coarsest first. The finest has a
// cell a pixel, also where the side is no power of two.
template <class F>
void Pyramid::for_each_grid(F f) const {
  for (int cells = 1;; cells = std::min(2 * cells, shape_.h)) {
    f(cells, (cells + 1) * (cells + 1) * shape_.c);
    if (cells == shape_.h) return;
  }
}

Pyramid::Pyramid(Shape shape) : shape_(shape) {
  for_each_grid([&](int, int values) { nodes_ += values; });
}

// Calls f(node, pixel, weight) for all values that a picture is made of. Pixel y lies at
// y * cells / side, between two nodes or on one.
template <class F>
void Pyramid::for_each_weight(F f) const {
  const int side = shape_.h, channels = shape_.c;
  int first = 0;
  for_each_grid([&](int cells, int values) {
    const int row = (cells + 1) * channels;
    const auto behind = [&](int at) { return float(at * cells % side) / float(side); };
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        const float low = behind(y), right = behind(x);
        for (int c = 0; c < channels; ++c) {
          const int pixel = (y * side + x) * channels + c;
          const int node = first + y * cells / side * row + x * cells / side * channels + c;
          f(node, pixel, (1 - low) * (1 - right));
          if (right > 0) f(node + channels, pixel, (1 - low) * right);
          if (low > 0) f(node + row, pixel, low * (1 - right));
          if (low > 0 && right > 0) f(node + row + channels, pixel, low * right);
        }
      }
    first += values;
  });
}

void Pyramid::random_nodes(Rng rng, float* nodes) const {
  constexpr float kGrey = 0.9f, kTint = 0.25f;
  for_each_grid([&](int cells, int values) {
    const float amplitude = 1 / std::sqrt(float(cells));
    for (int i = 0; i < values; i += shape_.c) {
      const float grey = kGrey * float(rng.normal());
      for (int c = 0; c < shape_.c; ++c)
        *nodes++ = amplitude * (grey + kTint * float(rng.normal()));
    }
  });
}

void Pyramid::paint(const float* nodes, float* x) const {
  std::fill_n(x, shape_.size(), 0.0f);
  for_each_weight([=](int node, int pixel, float weight) { x[pixel] += weight * nodes[node]; });
}

void Pyramid::paint_backward(const float* dx, float* d_nodes) const {
  std::fill_n(d_nodes, nodes_, 0.0f);
  for_each_weight([=](int node, int pixel, float weight) { d_nodes[node] += weight * dx[pixel]; });
}

}  // namespace tri
