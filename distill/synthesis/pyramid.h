// A picture as the sum of grids of 1, 2, 4, ... cells a side, up to a cell a pixel, bilinear
// between their nodes. Descent on the nodes finds large shapes as fast as edges, which descent on
// pixels does not.
#pragma once

#include "data/base/rng.h"
#include "data/base/shape.h"

namespace tri {

class Pyramid {
 public:
  explicit Pyramid(Shape shape);  // of a picture, as high as wide

  // Values of all nodes, the grids one after the other, each [cells + 1][cells + 1][c].
  int nodes() const { return nodes_; }

  // nodes [nodes()]: noise, mostly grey, whose amplitude falls with frequency, much as in
  // photographs (Field, J. Opt. Soc. Am. A, 1987), in units of kPixelUnit.
  void random_nodes(Rng rng, float* nodes) const;

  // nodes [nodes()] -> x [h][w][c], and the gradient back the same way. Both results are
  // overwritten.
  void paint(const float* nodes, float* x) const;
  void paint_backward(const float* dx, float* d_nodes) const;

 private:
  template <class F>
  void for_each_grid(F f) const;
  template <class F>
  void for_each_weight(F f) const;

  Shape shape_;
  int nodes_ = 0;
};

}  // namespace tri
