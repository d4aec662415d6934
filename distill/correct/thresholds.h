// Thresholds channel by channel: where those of a layer stand decides how much the next one errs.
//
// All channels of a layer share one staircase, but a channel's factor and bias may put its two
// thresholds anywhere on its accumulators, at no cost. Those that make the channel alone err least
// are not the best: the next layer sums over channels, and errors of one can make up for another's.
// So the error that is made small is that of the next layer's accumulators, with its weights as
// they are: by coordinate descent, one channel after the other. (In the spirit of Nagel et al.,
// ICML 2020, who choose how to round weights by what the layer returns.)
//
// Let D [P][T] be what new thresholds change of a channel's values at the T taps of P pixels, and
// W [T][K] its weights. The squared error of the outputs, whose residual is E [P][K], changes by
//
//     |E - D W|^2 - |E|^2 = sum over the pixels of  d G d' - 2 d s',  G = W W', s: a row of E W',
//
// so that trying a pair of thresholds costs little: most d are 0. Errors count with weights [P][K];
// G has their mean over the pixels instead.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace tri {

// t1 < t2, on codes that resolve what is between and around them finely; of two levels t1 == t2.
struct ChannelThresholds {
  int t1, t2;
  bool fixed = false;
  bool operator==(const ChannelThresholds&) const = default;
};

struct ThresholdProblem {
  int P, T, C, K;              // pixels, taps, channels read, outputs
  std::vector<uint8_t> codes;  // [C][P][T], before the staircase; 0 outside the map
  std::vector<float> weights;  // [C][T][K]
  std::vector<float> targets;  // [P][K], in units in which all outputs count alike
  // [K]: where target and output are both below `low`, or above `high`, their difference counts
  // little.
  std::vector<float> low, high;
  std::array<uint8_t, 3> values;
};

// Moves the thresholds [C], but for fixed ones, to where the outputs come nearest to the targets,
// up to a factor and a constant for each output. The same on any number of threads.
void fit_thresholds(ThresholdProblem problem, std::vector<ChannelThresholds>& thresholds);

}  // namespace tri
