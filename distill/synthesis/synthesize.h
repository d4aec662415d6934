// Pictures made from a teacher alone, by gradient descent on the pixels: to the teacher each
// picture is one of a class, the channels of every layer have the mean and the spread that batch
// norm met in training, and neighboring pixels are alike.
//
// Sources: ZeroQ (Cai et al., CVPR 2020), DeepInversion (Yin et al., CVPR 2020).
#pragma once

#include <functional>

#include "data/contact_sheet.h"
#include "engine/float/net.h"
#include "engine/integer/model.h"

namespace tri {

// How far the channels of a batch are from batch norm's running statistics: by layer the mean over
// channels of ((mean - running mean) / s)^2 + (deviation / s - 1)^2, s the running deviation.
// Handed to backward() as BackwardMode::add it adds its gradient, times `weight`.
class StatisticsLoss {
 public:
  StatisticsLoss(const Net& net, double weight) : net_(net), weight_(weight) {}
  void operator()(int layer, int M, int K, const float* y, float* d);
  double value = 0;  // summed over the layers since it was set to 0; without the weight

 private:
  const Net& net_;
  double weight_;
};

struct SynthesisOptions {
  int count = 1024;  // pictures, in whole rows of a sheet
  int steps = 120;
  uint64_t seed = 1;
  int batch = 128;    // pictures, at most, that match the statistics together
  double rate = 0.1;  // of Adam, at first; falls to 0 along half a cosine
  // Weights of the losses: statistics; cross-entropy; mean squares of the steps between neighbors,
  // and of the pixels.
  double statistics = 1, classes = 0.1, variation = 0.2, norm = 1e-4;
};

struct SynthesisProgress {
  int step, steps;             // of all batches
  int first;                   // number of the batch's first picture, from 1 on
  double statistics, classes;  // losses of this step
};

// The pictures as a sheet will hold them, of the shape that the teacher reads. labels: the classes
// that they were made for, 0, 1, ..., the last one, 0, ... count: at most sheet_most(). The teacher
// must have its statistics (Error otherwise: dequantize). The same seed gives the same pictures on
// any number of threads, but on other CPUs perhaps others (OpenBLAS).
Dataset synthesize(const Model& teacher, const SynthesisOptions& options,
                   const std::function<void(const SynthesisProgress&)>& report);

}  // namespace tri
