// What may be kept of the activations that pass a network's taps: copies, histograms, zeros.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/arithmetic/trisegment.h"
#include "engine/integer/int_net.h"

namespace tri {

// Lets several observers see the same forward.
class Observers : public Observer {
 public:
  explicit Observers(std::vector<Observer*> all) : all_(std::move(all)) {}
  bool watches(int tap) const override {
    return std::any_of(all_.begin(), all_.end(), [&](Observer* o) { return o->watches(tap); });
  }
  void activation(int tap, const uint8_t* values, int n, Shape shape) override {
    for (Observer* o : all_) o->activation(tap, values, n, shape);
  }
  void input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape shape) override {
    for (Observer* o : all_) o->input(layer, x, f, n, shape);
  }

 private:
  std::vector<Observer*> all_;
};

// Copies the activations of some taps.
class ActivationRecorder : public Observer {
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
class HistogramRecorder : public Observer {
 public:
  explicit HistogramRecorder(int taps) : histograms_(size_t(taps)) {}
  void activation(int tap, const uint8_t* values, int n, Shape shape) override;
  const std::vector<Histogram>& histograms() const { return histograms_; }  // [taps]

 private:
  std::vector<Histogram> histograms_;
};

// Counts how often each 8-bit value occurs in what a teacher's layers with weights read.
class InputHistogramRecorder : public Observer {
 public:
  explicit InputHistogramRecorder(size_t layers) : histograms_(layers) {}
  bool watches(int) const override { return false; }
  void input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape shape) override;
  const std::vector<Histogram>& histograms() const { return histograms_; }  // [layers]

 private:
  std::vector<Histogram> histograms_;
};

// Counts zeros, by tap.
class ZeroRecorder : public Observer {
 public:
  explicit ZeroRecorder(int taps) : zeros_(size_t(taps)), all_(size_t(taps)) {}
  void activation(int tap, const uint8_t* values, int n, Shape shape) override;
  double share(int tap) const;  // of this tap's values that are 0; 0 where none were seen
  // Of all taps.
  uint64_t zeros() const;
  uint64_t values() const;
  double share() const { return values() ? double(zeros()) / double(values()) : 0; }

 private:
  std::vector<uint64_t> zeros_, all_;
};

// Counts what every layer with weights reads: zeros, and for a three-level input how often v1 and
// v2. An 8-bit input's values count as v2 where they are not 0; so do v1 and v2 that are 0 as
// zeros.
class EventRecorder : public Observer {
 public:
  struct Events {
    uint64_t zeros = 0, low = 0, high = 0;
    bool coded = false;  // the input has three levels
    double share(uint64_t count) const { return double(count) / double(zeros + low + high); }
  };
  explicit EventRecorder(size_t layers) : events_(layers) {}
  bool watches(int) const override { return false; }
  void input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape shape) override;
  const std::vector<Events>& events() const { return events_; }  // [layers]

 private:
  std::vector<Events> events_;
};

}  // namespace tri
