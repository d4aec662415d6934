// Action space: how a search names parameter sets, by sequences of actions, four numbers of 0..255
// a step. What proposes them is left to the algorithms, which all share this.
//
// centered: step 0 moves all layers together, each of the others one layer, along the logarithm:
//
//     p = center * 2^(global + residual),   an action's bin b is (b - 128) / 128, so x1/2 .. x2,
//
// for each of p = t1, v1, t2, v2. The centers are the mean-square optimum. It shrinks the variance
// layer by layer, so that thresholds and values must rise together: hence the global step.
// raw: a step a layer, whose bins are t1, v1, t2, v2 themselves.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/arithmetic/trisegment.h"
#include "rl/agent/tape.h"

namespace tri {

constexpr int kHeads = 4;
constexpr int kBins = 256;
constexpr double kStepMark = 5;     // large beside the features, which are 0..1
constexpr int kMiddle = kBins / 2;  // the bin that leaves a center as it is

// What is chosen in one step: t1, v1, t2, v2, in any order.
using Action = std::array<uint8_t, kHeads>;
using Actions = std::vector<Action>;  // [steps]

class Parametrization {
 public:
  // Standard deviations of the prior, in bins.
  struct Widths {
    double global = 16, residual = 6;
  };
  // Layers without a center keep their 8-bit codes and have no step.
  static Parametrization centered(StaircaseSet centers, Widths widths);
  static Parametrization raw(StaircaseSet centers);

  int steps() const { return int(widths_.size()); }
  bool has_global_step() const { return global_; }
  // By step: standard deviation of the prior in bins; 0: uniform.
  const std::vector<double>& widths() const { return widths_; }
  // The middle of every bin range: the centers themselves, if there are any.
  Actions start() const {
    return Actions(widths_.size(), Action{kMiddle, kMiddle, kMiddle, kMiddle});
  }
  // Each staircase put in order.
  StaircaseSet staircases(const Actions& actions) const;
  // What an agent sees at each step, [steps][features + steps], from what it sees of all layers,
  // [taps][features]: of the global step the mean over the layers, and depth (the first feature) 0.
  // The further columns say which step it is (kStepMark there, 0 elsewhere): layers that look alike
  // could not be told apart without, and then only be moved together.
  Matrix states(const Matrix& layers) const;

 private:
  StaircaseSet centers_;
  bool global_ = false;
  std::vector<double> widths_;
};

// Logits of bells (normal densities on the bins) around the middle, [widths.size()][kHeads *
// kBins]; zeros, a uniform prior, where the width is 0.
Matrix bell_prior(const std::vector<double>& widths);

}  // namespace tri
