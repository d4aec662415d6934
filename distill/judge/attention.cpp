#include "distill/judge/attention.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/base/check.h"

namespace tri {

std::vector<int> taps_of(const Model& model, const std::vector<std::string>& layers) {
  std::vector<int> taps;
  for (const std::string& name : layers) {
    taps.push_back(model.tap(name));
    CHECK(taps.back() >= 0);
  }
  return taps;
}

AttentionMaps::AttentionMaps(std::vector<int> taps)
    : taps_(std::move(taps)), map_size_(taps_.size()), maps_(taps_.size()) {}

bool AttentionMaps::watches(int tap) const {
  return std::find(taps_.begin(), taps_.end(), tap) != taps_.end();
}

void AttentionMaps::clear() {
  for (auto& maps : maps_) maps.clear();
}

const std::vector<double>& AttentionMaps::maps(int tap) const {
  CHECK(watches(tap));
  return maps_[size_t(std::find(taps_.begin(), taps_.end(), tap) - taps_.begin())];
}

void AttentionMaps::activation(int tap, const uint8_t* values, int n, Shape shape) {
  const auto found = std::find(taps_.begin(), taps_.end(), tap);
  if (found == taps_.end()) return;
  CHECK(shape.c < 1 << 16);  // sums of c squares of 8 bits fit 32 bits
  std::vector<double>& maps = maps_[found - taps_.begin()];
  const size_t size = size_t(shape.h) * shape.w, begin = maps.size();
  map_size_[found - taps_.begin()] = size;
  maps.resize(begin + n * size);
#pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    double* q = &maps[begin + i * size];
    const uint8_t* a = values + i * shape.size();
    double squares = 0;
    for (size_t at = 0; at < size; ++at) {
      uint32_t sum = 0;
      for (int c = 0; c < shape.c; ++c, ++a) sum += uint32_t(*a * *a);
      q[at] = sum;
      squares += q[at] * q[at];
    }
    if (squares == 0) continue;
    const double norm = std::sqrt(squares);
    for (size_t at = 0; at < size; ++at) q[at] /= norm;
  }
}

double attention_distance(const AttentionMaps& student, const AttentionMaps& teacher) {
  CHECK(student.taps_ == teacher.taps_);
  double total = 0;
  for (size_t t = 0; t < student.maps_.size(); ++t) {
    const std::vector<double>&s = student.maps_[t], &reference = teacher.maps_[t];
    const size_t size = student.map_size_[t];
    CHECK(s.size() == reference.size() && !s.empty());
    double distances = 0;
    for (size_t begin = 0; begin < s.size(); begin += size) {
      double squares = 0;
      for (size_t i = begin; i < begin + size; ++i)
        squares += (s[i] - reference[i]) * (s[i] - reference[i]);
      distances += std::sqrt(squares);
    }
    total += distances / double(s.size() / size);
  }
  return student.maps_.empty() ? 0 : total / double(student.maps_.size());
}

}  // namespace tri
