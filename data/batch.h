// Training batches: shuffle, random crop, flip and cutout of 8-bit pictures, and the normalization.
#pragma once

#include <cstdint>
#include <vector>

#include "data/base/rng.h"
#include "data/dataset.h"

namespace tri {

// What the network sees is (pixel - kPixelZero) / kPixelUnit: powers of two, so that the integer
// network reads the same numbers as the float one, and padding with 0 is the pixel kPixelZero.
constexpr int kPixelZero = 128;
constexpr float kPixelUnit = 64;

// [count] 8-bit pixels -> floats.
void normalize(const uint8_t* pixels, size_t count, float* x);

struct Augment {
  int crop = 4;      // shift by up to +-crop pixels in each direction, edges filled with kPixelZero
  bool flip = true;  // mirror left-right in every other epoch
  int cutout = 8;    // side of a square set to kPixelZero at a random place; 0: none
};

// The batches of one pass over a data set. The order and the augmentation of an epoch depend on
// (seed, epoch) alone, whatever came before: a resumed training sees the same batches.
class Epoch {
 public:
  Epoch(const Dataset& data, int batch, uint64_t seed, int epoch, Augment augment);

  int batches() const { return data_.size() / batch_; }  // whole ones; the rest is left out
  // pixels: [batch][h][w][c], labels: [batch].
  void get(int index, uint8_t* pixels, uint16_t* labels) const;

 private:
  Dataset data_;
  int batch_, epoch_;
  uint64_t flip_seed_, seed_;
  Augment augment_;
  std::vector<int> order_;
};

}  // namespace tri
