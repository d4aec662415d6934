#include "engine/integer/observers.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data/base/check.h"

namespace tri {
namespace {

void count(const uint8_t* values, size_t size, Histogram& histogram) {
  uint64_t* counts = histogram.data();
#pragma omp parallel for reduction(+ : counts[:256])
  for (size_t i = 0; i < size; ++i) ++counts[values[i]];
}

}  // namespace

ActivationRecorder::ActivationRecorder(std::vector<int> taps)
    : taps_(std::move(taps)), values_(taps_.size()) {}

void ActivationRecorder::activation(int tap, const uint8_t* values, int n, Shape shape) {
  const auto at = std::find(taps_.begin(), taps_.end(), tap);
  if (at == taps_.end()) return;
  auto& all = values_[at - taps_.begin()];
  all.insert(all.end(), values, values + size_t(n) * shape.size());
}

const std::vector<uint8_t>& ActivationRecorder::values(int tap) const {
  const auto at = std::find(taps_.begin(), taps_.end(), tap);
  CHECK(at != taps_.end());
  return values_[at - taps_.begin()];
}

void HistogramRecorder::activation(int tap, const uint8_t* values, int n, Shape shape) {
  count(values, size_t(n) * shape.size(), histograms_[size_t(tap)]);
}

void InputHistogramRecorder::input(int layer, const uint8_t* x, const TriSegment* f, int n,
                                   Shape shape) {
  CHECK(!f);
  count(x, size_t(n) * shape.size(), histograms_[size_t(layer)]);
}

void ZeroRecorder::activation(int tap, const uint8_t* values, int n, Shape shape) {
  const size_t size = size_t(n) * shape.size();
  uint64_t zeros = 0;
#pragma omp parallel for reduction(+ : zeros)
  for (size_t i = 0; i < size; ++i) zeros += values[i] == 0;
  zeros_[tap] += zeros;
  all_[tap] += size;
}

double ZeroRecorder::share(int tap) const {
  return all_[tap] ? double(zeros_[tap]) / double(all_[tap]) : 0;
}

uint64_t ZeroRecorder::zeros() const {
  return std::accumulate(zeros_.begin(), zeros_.end(), uint64_t(0));
}
uint64_t ZeroRecorder::values() const {
  return std::accumulate(all_.begin(), all_.end(), uint64_t(0));
}

void EventRecorder::input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape shape) {
  const size_t size = size_t(n) * shape.size();
  // Counted in bytes, lane by lane, for as long as a byte holds the count: compilers vectorize
  // that.
  constexpr size_t kLanes = 64, kBlock = 255 * kLanes;
  uint64_t zeros = 0, ones = 0;
#pragma omp parallel for reduction(+ : zeros, ones)
  for (size_t first = 0; first < size; first += kBlock) {
    const size_t count = std::min(kBlock, size - first), rows = count / kLanes;
    const uint8_t* block = x + first;
    uint8_t zero[kLanes] = {}, one[kLanes] = {};
    for (size_t row = 0; row < rows; ++row, block += kLanes)
      for (size_t lane = 0; lane < kLanes; ++lane)
        zero[lane] += block[lane] == 0, one[lane] += block[lane] == 1;
    for (size_t lane = 0; lane < kLanes; ++lane) zeros += zero[lane], ones += one[lane];
    for (size_t i = 0; i < count % kLanes; ++i) zeros += block[i] == 0, ones += block[i] == 1;
  }
  uint64_t low = f ? ones : 0, high = size - zeros - low;
  if (f && f->v1 == 0) zeros += low, low = 0;
  if (f && f->v2 == 0) zeros += high, high = 0;
  Events& e = events_[size_t(layer)];
  e.zeros += zeros, e.low += low, e.high += high, e.coded = f != nullptr;
}

}  // namespace tri
