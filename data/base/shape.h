// The shape of a picture, or of a layer's map: height, width, channels.
#pragma once

#include <cstddef>

namespace tri {

struct Shape {
  int h = 0, w = 0, c = 0;
  size_t size() const { return size_t(h) * size_t(w) * size_t(c); }
  bool operator==(const Shape&) const = default;
};

}  // namespace tri
