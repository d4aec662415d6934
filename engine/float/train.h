// The epoch loop: float training that goes over to quantization-aware training (QAT). Checkpoints
// are left to checkpoint.h.
#pragma once

#include <functional>

#include "data/base/ranks.h"
#include "data/batch.h"
#include "engine/float/loss.h"
#include "engine/float/net.h"

namespace tri {

// How a network is trained. The last qat_epochs of all epochs run with 8-bit weights and codes.
struct Recipe {
  int epochs = 30;
  int narrow_epochs =
      0;  // the first so many on half the channels, then widened (engine/float/widen.h)
  int qat_epochs = 1;
  int batch = 128;
  int parts = 1;      // of each batch, with statistics of their own: engine/float/parts.h
  float rate = 0.1f;  // the peak of the one-cycle schedule
  float warm = 0.2f;  // share of the steps before the peak
  float momentum = 0.9f;
  float decay = 5e-4f;
  float smoothing = 0.1f;
  Augment augment;
  uint64_t seed = 1;
  // Batch norm keeps its running statistics, so that its gain and offset are all that moves, and
  // nothing is dropped: for training what is quantized already.
  bool frozen_norm = false;
  // Of the products of the float epochs and of those with a frozen norm; QAT, and all that
  // measures, has floats. It belongs to the
  // CPU, as OpenBLAS's kernels do, and not to what a checkpoint is bound to.
  Precision precision = Precision::fp32;
};

// All that training needs to go on as if it had not stopped.
struct Training {
  Net net;
  Buffer<float> velocity;
  int epoch = 0;  // epochs done
  explicit Training(Net net);
};

struct Progress {
  int epoch, step, steps;
  double loss, accuracy;  // of this epoch so far, on augmented batches
  double rate;            // of this step
  double pictures_per_second;
};

// One epoch over `data` (at least a batch): number training.epoch of recipe.epochs. `report` is
// called after each step. ranks: share the parts of every batch and call this alike; null: none.
// QAT's first epoch sets the activations' ranges before it starts. Throws Error, which says where,
// at the first loss that is not finite, and where the epoch ends with weights that are not;
// `training` is of no use then.
void train_epoch(Training& training, const Recipe& recipe, const Loss& loss, const Dataset& data,
                 const std::function<void(const Progress&)>& report, const Ranks* ranks = nullptr);

// The scale of every activation, from its 99.99th percentile over some pictures of `data`. Throws
// Error where that is not finite.
void set_ranges(Net& net, const Dataset& data);

// Re-estimates every running mean and variance as the average over batches of plain (not augmented)
// pictures with the weights as they are: the moving averages trail behind them.
void settle_batchnorm(Net& net, const Dataset& data);

// Share of pictures, at least one, that the float network (or, quantized, the fake-quantized one)
// classifies right.
double accuracy(Net& net, const Dataset& data);

}  // namespace tri
