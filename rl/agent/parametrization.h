// Action space: how a search names parameter sets, by sequences of actions, some numbers of 0..255
// a step. What proposes them is left to the algorithms, which all share this.
//
// centered: step 0 moves all layers together, each of the others one layer, along the logarithm:
//
//     p = center * 2^(global + residual),   an action's bin b is (b - 128) / 128, so x1/2 .. x2,
//
// for each of p = t1, v1, t2, v2. The centers are the mean-square optimum. It shrinks the variance
// layer by layer, so that thresholds and values must rise together: hence the global step.
// Without the global step each layer's own moves it alone.
// raw: a step a layer, whose bins are t1, v1, t2, v2 themselves.
//
// Of a mixture an action has a fifth number, for the tap's kind. Kinds are points on a line, 8 bits
// at 0, three levels at 1 and two at 2, and the tap's is the one nearest to
//
//     the start's + global + 5 * residual,
//
// so that what a prior draws is mostly the start's, and now and then a neighbor. raw: a third of
// the bins each. Two levels take t1 and v1 for their threshold and value.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "rl/agent/mixture.h"
#include "rl/agent/tape.h"

namespace tri {

constexpr int kStaircaseHeads = 4, kHeads = 5;
constexpr int kKindHead = 4;
constexpr double kKindsAnOctave = 5;  // of one layer's step
constexpr int kBins = 256;
constexpr double kStepMark = 5;     // large beside the features, which are 0..1
constexpr int kMiddle = kBins / 2;  // the bin that leaves a center as it is

// What is chosen in one step: t1, v1, t2, v2, in any order, and the kind.
using Action = std::array<uint8_t, kHeads>;
using Actions = std::vector<Action>;  // [steps]
constexpr Action kMiddles = {kMiddle, kMiddle, kMiddle, kMiddle, kMiddle};

class Parametrization {
 public:
  // Standard deviations of the prior, in bins. global: 0: there is no global step.
  struct Widths {
    double global = 16, residual = 6;
  };
  // Layers without a center keep their 8-bit codes and have no step; all others have three levels.
  static Parametrization centered(StaircaseSet centers, Widths widths);
  static Parametrization raw(StaircaseSet centers);
  // Layers whose 8 bits are fixed have no step.
  static Parametrization centered(Mixture centers, Widths widths);
  static Parametrization raw(Mixture centers);

  int steps() const { return int(widths_.size()); }
  // Numbers of an action that mean something, the first ones.
  int heads() const { return mixed_ ? kHeads : kStaircaseHeads; }
  bool is_centered() const { return centered_; }
  bool has_global_step() const { return global_; }
  // By step: standard deviation of the prior in bins; 0: uniform.
  const std::vector<double>& widths() const { return widths_; }
  // The middle of every bin range: the centers themselves, if there are any.
  Actions start() const { return Actions(widths_.size(), kMiddles); }
  // The start with other kinds. REQUIRES: a centered mixture.
  Actions start_with(const TapKinds& kinds) const;
  // What the actions make of every tap, each staircase put in order.
  Mixture mixture(const Actions& actions) const;
  StaircaseSet staircases(const Actions& actions) const { return mixture(actions).staircases(); }
  // What an agent sees at each step, [steps][features], from what it sees of all layers,
  // [taps][features]: of the global step the mean over the layers, and depth (the first feature) 0.
  // marked: [steps][features + steps]; the further columns say which step it is (kStepMark there, 0
  // elsewhere): layers that look alike could not be told apart without, and then only be moved
  // together.
  Matrix states(const Matrix& layers, bool marked = true) const;

 private:
  Mixture centers_;
  bool centered_ = false, global_ = false, mixed_ = true;
  std::vector<double> widths_;
};

// Logits of bells (normal densities on the bins) around the middle, [widths.size()][heads * kBins];
// zeros, a uniform prior, where the width is 0.
Matrix bell_prior(const std::vector<double>& widths, int heads = kHeads);

}  // namespace tri
