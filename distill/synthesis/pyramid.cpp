#include "distill/synthesis/pyramid.h"

#include <algorithm>
#include <cmath>

namespace tri {
namespace {

// Calls f(node, pixel, weight) for all values that a picture is made of.
template <class F>
void for_each_weight(F f) {
  int first = 0;
  for (int cells = 1; cells <= kSide; first += nodes_of(cells), cells *= 2) {
    const int step = kSide / cells, row = (cells + 1) * kChannels;
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        const float low = float(y % step) / float(step), right = float(x % step) / float(step);
        for (int c = 0; c < kChannels; ++c) {
          const int pixel = (y * kSide + x) * kChannels + c;
          const int node = first + y / step * row + x / step * kChannels + c;
          f(node, pixel, (1 - low) * (1 - right));
          if (right > 0) f(node + kChannels, pixel, (1 - low) * right);
          if (low > 0) f(node + row, pixel, low * (1 - right));
          if (low > 0 && right > 0) f(node + row + kChannels, pixel, low * right);
        }
      }
  }
}

}  // namespace

void random_nodes(Rng rng, float* nodes) {
  constexpr float kGrey = 0.9f, kTint = 0.25f;
  for (int cells = 1; cells <= kSide; cells *= 2) {
    const float amplitude = 1 / std::sqrt(float(cells));
    for (int i = 0; i < nodes_of(cells); i += kChannels) {
      const float grey = kGrey * float(rng.normal());
      for (int c = 0; c < kChannels; ++c)
        *nodes++ = amplitude * (grey + kTint * float(rng.normal()));
    }
  }
}

void paint(const float* nodes, float* x) {
  std::fill_n(x, kPictureBytes, 0.0f);
  for_each_weight([=](int node, int pixel, float weight) { x[pixel] += weight * nodes[node]; });
}

void paint_backward(const float* dx, float* d_nodes) {
  std::fill_n(d_nodes, kNodes, 0.0f);
  for_each_weight([=](int node, int pixel, float weight) { d_nodes[node] += weight * dx[pixel]; });
}

}  // namespace tri
