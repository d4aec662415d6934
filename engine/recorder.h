// What may be kept of the activations that pass a network's taps: copies, histograms, zeros.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/int_net.h"
#include "engine/trisegment.h"

namespace tri {

// Copies the activations of some taps.
class ActivationRecorder : public Tap {
 public:
  explicit ActivationRecorder(std::vector<int> taps);
  void activation(int tap, const uint8_t* values, int n, Shape shape) override;
  // [pictures so far][h][w][c] of a recorded tap.
  const std::vector<uint8_t>& values(int tap) const;

 private:
  std::vector<int> taps_;
  std::vector<std::vector<uint8_t>> values_;  // parallel to taps_
};

// Counts how often each 8-bit value occurs, by tap.
class HistogramRecorder : public Tap {
 public:
  explicit HistogramRecorder(int taps) : histograms_(size_t(taps)) {}
  void activation(int tap, const uint8_t* values, int n, Shape shape) override;
  const std::vector<Histogram>& histograms() const { return histograms_; }  // [taps]

 private:
  std::vector<Histogram> histograms_;
};

// Counts zeros, by tap.
class ZeroRecorder : public Tap {
 public:
  explicit ZeroRecorder(int taps) : zeros_(size_t(taps)), all_(size_t(taps)) {}
  void activation(int tap, const uint8_t* values, int n, Shape shape) override;
  double share(int tap) const;  // of this tap's values that are 0; 0 where none were seen
  double share() const;         // of all taps' values

 private:
  std::vector<uint64_t> zeros_, all_;
};

}  // namespace tri
