// A step's gradient as a sum over equal parts of its batch, which ranks share. Each part passes the
// network by itself, and batch norm takes its statistics within it (ghost batch norm: Hoffer et
// al., NIPS 2017), so that what a part gives depends on its pictures alone; the parts are added in
// a fixed tree. So any number of ranks, a power of two up to the number of parts, gives the same
// bits.
#pragma once

#include <vector>

#include "data/base/ranks.h"
#include "engine/float/loss.h"
#include "engine/float/net.h"

namespace tri {

// Adds up vectors of one length as a tree: ((0 + 1) + (2 + 3)) + ...
class TreeSum {
 public:
  // The next one, whose memory it takes; it gives other memory back, of any content.
  void add(Buffer<float>& leaf);
  // REQUIRES: a power of two of them was added.
  Buffer<float>& sum();

 private:
  std::vector<Buffer<float>> sums_;  // of 2^level vectors
  std::vector<bool> full_;
};

struct PartsMode {
  int parts = 1;             // a power of two that divides the batch
  ForwardMode forward = {};  // of every part, but that each drops other elements
  BackwardMode backward = {};
  const Ranks* ranks = nullptr;  // that share the parts; as many as divide them. Null: none
};

struct BatchResult {
  double loss;  // mean
  int correct;
};

// Sets net.grads to the gradient of the mean loss, and the running statistics to the mean of what
// they are after each part.
BatchResult batch_gradient(Net& net, Activations& acts, const TrainingBatch& batch,
                           const Loss& loss, const PartsMode& mode);

}  // namespace tri
