#include "distill/correct/calibrate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "data/base/check.h"
#include "data/base/parallel.h"
#include "engine/arithmetic/quant.h"
#include "engine/float/loops/loops.h"

namespace tri {
namespace {

// Spreads are corrected by at most this factor: a channel that hardly moves says little.
constexpr double kMaxSpread = 4;
constexpr int kBlock = 32;           // channels summed together
constexpr size_t kSample = 1 << 16;  // pixels that levels are matched on

// The staircase that a layer's output goes through, or nullptr.
const TriSegment* staircase_after(const Model& model, const Staircases& staircases, int layer) {
  const int tap = model.layers[size_t(layer)].tap;
  return tap >= 0 && staircases.f[size_t(tap)] ? &*staircases.f[size_t(tap)] : nullptr;
}

class StatisticsTaker : public Calibrator {
 public:
  StatisticsTaker(const Model& model, bool count_codes) : model_(model), count_codes_(count_codes) {
    statistics.mean.resize(model.layers.size());
    statistics.deviation.resize(model.layers.size());
    if (count_codes) statistics.above.resize(model.layers.size());
  }
  void see(int layer, const int32_t* accumulators, size_t pixels) override {
    const Layer& l = model_.layers[layer];
    sums_.add(accumulators, pixels, l.output.c);
    if (count_codes_ && l.tap >= 0) count(layer, accumulators, pixels);
  }
  Epilogue epilogue(int layer, const Epilogue& usual) override {
    ChannelSums::Moments m = sums_.moments();
    sums_.clear();
    statistics.mean[layer] = std::move(m.mean);
    statistics.deviation[layer] = std::move(m.deviation);
    if (count_codes_)
      for (auto& above : statistics.above[layer]) {
        int64_t sum = 0;
        for (int code = kCodeMax; code >= 0; --code) sum += std::exchange(above[code], sum);
      }
    return usual;
  }
  ChannelStatistics statistics;

 private:
  // How many codes of each channel have each value, until epilogue() sums them up.
  void count(int layer, const int32_t* accumulators, size_t pixels) {
    const QuantLayer& q = model_.quant[layer];
    const int K = model_.layers[layer].output.c;
    statistics.above[layer].resize(K);
#pragma omp parallel for
    for (int first = 0; first < K; first += kBlock)
      for (size_t p = 0; p < pixels; ++p)
        for (int k = first; k < std::min(first + kBlock, K); ++k)
          ++statistics.above[layer][k][requantize(accumulators[p * K + k], {q.m[k], q.shift[k]})];
  }

  const Model& model_;
  const bool count_codes_;
  ChannelSums sums_;
};

// Logits of all the pictures at once, as a calibrator needs them.
std::vector<int32_t> forward(const IntNet& net, std::span<const uint8_t> pixels,
                             const Staircases* staircases, Observer* observer,
                             Calibrator& calibrator) {
  const size_t picture = net.model().layers.front().in.size();
  CHECK(!pixels.empty() && pixels.size() % picture == 0);
  const size_t n = pixels.size() / picture;
  std::vector<int32_t> logits(n * size_t(net.model().layers.back().output.c));
  Workspace workspace;
  net.forward({.staircases = staircases, .observer = observer, .calibrator = &calibrator},
              pixels.data(), int(n), logits.data(), workspace);
  return logits;
}

// r times `factor`, or r itself where that is out of the multiplier's range.
Multiplier scaled(Multiplier r, double factor) {
  const double product = r.value() * factor;
  return has_multiplier(product) ? multiplier(product) : r;
}

// A + offset > threshold as a threshold on A. Corrected accumulators stay within 32 bits, so where
// the difference does not, the comparison is decided.
int32_t moved(int32_t threshold, int32_t offset) {
  constexpr int64_t low = std::numeric_limits<int32_t>::min();
  constexpr int64_t high = std::numeric_limits<int32_t>::max();
  if (threshold == high) return int32_t(high);  // nothing is above it
  return int32_t(std::clamp(int64_t(threshold) - offset, low, high));
}

}  // namespace

void ChannelSums::add(const int32_t* accumulators, size_t pixels, int K) {
  sum_.resize(K), squares_.resize(K);
  pixels_ += pixels;
#pragma omp parallel for
  for (int first = 0; first < K; first += kBlock)
    loops().integer_moments(pixels, K, first, std::min(first + kBlock, K), accumulators,
                            sum_.data(), squares_.data());
}

ChannelSums::Moments ChannelSums::moments() const {
  Moments result;
  for (size_t k = 0; k < sum_.size(); ++k) {
    const double mean = sum_[k] / double(pixels_);
    result.mean.push_back(mean);
    result.deviation.push_back(
        std::sqrt(std::max(0.0, squares_[k] / double(pixels_) - mean * mean)));
  }
  return result;
}

void ChannelSums::clear() { *this = {}; }

std::optional<Placement> place(const TriSegment& f, double a1, double a2, int32_t bias,
                               double headroom) {
  const double factor = (f.t2 - f.t1) / (a2 - a1);
  if (!(a2 > a1) || !has_multiplier(factor)) return {};
  return place_one(f.t1, a1, multiplier(factor), bias, headroom);
}

std::optional<Placement> place_one(int t, double a, Multiplier r, int32_t bias, double headroom) {
  // A' = A + offset with A' * r at t + 1/2 where A is at a: there codes round to the next.
  const double offset = std::round((t + 0.5) / r.value() - a);
  if (!(std::abs(bias + offset) <= headroom)) return {};
  return Placement{r, int32_t(offset)};
}

TeacherRun run_teacher(const IntNet& net, std::span<const uint8_t> pixels, Observer* observer,
                       bool count_codes) {
  StatisticsTaker taker(net.model(), count_codes);
  std::vector<int32_t> logits = forward(net, pixels, nullptr, observer, taker);
  taker.statistics.pictures = int(pixels.size() / net.model().layers.front().in.size());
  for (size_t i = 0; i < net.model().layers.size(); ++i)
    taker.statistics.headroom.push_back(
        bias_headroom(net.model().quant[i], net.model().layers[i].output.c));
  return {std::move(logits), std::move(taker.statistics)};
}

void add_statistics(Model& model, std::span<const uint8_t> pixels) {
  const ChannelStatistics s = run_teacher(IntNet(model), pixels).statistics;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    if (!model.layers[i].has_norm()) continue;
    QuantLayer& q = model.quant[i];
    q.mean.assign(s.mean[i].begin(), s.mean[i].end());
    q.variance.clear();
    for (const double deviation : s.deviation[i])
      q.variance.push_back(float(deviation * deviation));
  }
}

StudentCalibrator::StudentCalibrator(const Model& model, const ChannelStatistics& teacher,
                                     const Staircases& staircases, bool levels, int only)
    : model_(model),
      teacher_(teacher),
      staircases_(staircases),
      levels_(levels),
      only_(only),
      corrections_(model.layers.size()) {
  CHECK(!levels || teacher.above.size() == model.layers.size());
}

void StudentCalibrator::see(int layer, const int32_t* accumulators, size_t pixels) {
  if (only_ >= 0 && layer != only_) return;
  const Shape map = model_.layers[layer].output;
  sums_.add(accumulators, pixels, map.c);
  if (!levels_ || !staircase_after(model_, staircases_, layer)) return;
  const size_t all = size_t(teacher_.pictures) * size_t(map.h) * size_t(map.w);
  const size_t step = std::max(all / kSample, size_t(1)) | 1;  // odd: all columns of a map
  for (size_t p = 0; p < pixels; ++p, ++pixels_seen_)
    if (pixels_seen_ % step == 0)
      sample_.insert(sample_.end(), accumulators + p * map.c, accumulators + (p + 1) * map.c);
}

// Where a channel's levels can be matched, replaces the correction by mean and spread.
void StudentCalibrator::match_levels(int layer, const TriSegment& f, Correction& c) {
  const QuantLayer& q = model_.quant[layer];
  const Shape map = model_.layers[layer].output;
  const size_t K = size_t(map.c), pixels = sample_.size() / K;
  const double share = double(pixels) / double(pixels_seen_);
  const auto match = [&](size_t k, std::span<int32_t> values) {
    // The place of the value with so many above it, which stand behind it then.
    const auto threshold = [&](int64_t above, auto begin) {
      const size_t count = std::min(size_t(std::lround(double(above) * share)), pixels - 1);
      const auto at = values.end() - ptrdiff_t(count) - 1;
      std::nth_element(begin, at, values.end());
      return at;
    };
    const CodesAbove& above = teacher_.above[layer][k];
    CHECK(f.t1 <= f.t2);
    if (above[f.t2] == 0) return;
    const auto lower = threshold(above[f.t1], values.begin());
    const double t1 = *lower, t2 = *threshold(above[f.t2], lower);
    const double headroom = teacher_.headroom[layer][k];
    const auto placement = kind_of(f) == TapKind::two_levels
                               ? place_one(f.t1, t1, {c.m[k], c.shift[k]}, q.bias[k], headroom)
                               : place(f, t1, t2, q.bias[k], headroom);
    if (!placement) return;
    const double unit = Multiplier{q.m[k], q.shift[k]}.value(), factor = placement->r.value();
    if (factor > kMaxSpread * unit || factor < unit / kMaxSpread) return;
    c.offset[k] = placement->offset, c.m[k] = placement->r.m, c.shift[k] = placement->r.shift;
  };
  FirstException thrown;
#pragma omp parallel for
  for (size_t first = 0; first < K; first += kBlock)
    thrown.keep([&] {
      const size_t end = std::min(first + kBlock, K);
      std::vector<int32_t> values((end - first) * pixels);
      for (size_t p = 0; p < pixels; ++p)
        for (size_t k = first; k < end; ++k) values[(k - first) * pixels + p] = sample_[p * K + k];
      for (size_t k = first; k < end; ++k)
        match(k, std::span(values).subspan((k - first) * pixels, pixels));
    });
  thrown.rethrow();
}

Epilogue StudentCalibrator::epilogue(int layer, const Epilogue& usual) {
  if (only_ >= 0 && layer != only_) return usual;
  const QuantLayer& q = model_.quant[layer];
  const int K = model_.layers[layer].output.c;
  const ChannelSums::Moments student = sums_.moments();
  sums_.clear();
  Correction& c = corrections_[layer];
  c = {};
  for (int k = 0; k < K; ++k) {
    const double sigma = student.deviation[k], target = teacher_.deviation[layer][k];
    const double wanted = sigma > 0 && target > 0 ? target / sigma : 1;
    const Multiplier r{q.m[k], q.shift[k]};
    const Multiplier corrected = scaled(r, std::clamp(wanted, 1 / kMaxSpread, kMaxSpread));
    const double offset = teacher_.mean[layer][k] * r.value() / corrected.value() - student.mean[k];
    const double headroom = teacher_.headroom[layer][k];
    const double bias = std::clamp(std::round(q.bias[k] + offset), -headroom, headroom);
    c.offset.push_back(
        int32_t(std::clamp<double>(bias - q.bias[k], std::numeric_limits<int32_t>::min(),
                                   std::numeric_limits<int32_t>::max())));
    c.m.push_back(corrected.m);
    c.shift.push_back(corrected.shift);
  }
  Epilogue e = usual;
  if (e.kind != Epilogue::staircase) {
    e.bias = c.offset.data(), e.m = c.m.data(), e.shift = c.shift.data();
    return e;
  }
  const TriSegment& f = *staircase_after(model_, staircases_, layer);
  if (levels_) match_levels(layer, f, c);
  sample_.clear(), pixels_seen_ = 0;
  for (int k = 0; k < K; ++k) {
    c.t1.push_back(moved(largest_accumulator(f.t1, {c.m[k], c.shift[k]}), c.offset[k]));
    c.t2.push_back(moved(largest_accumulator(f.t2, {c.m[k], c.shift[k]}), c.offset[k]));
  }
  e.t1 = c.t1.data(), e.t2 = c.t2.data();
  return e;
}

Model StudentCalibrator::student() const {
  Model student = model_;
  student.staircases = staircases_.f;
  for (size_t i = 0; i < corrections_.size(); ++i) {
    const Correction& c = corrections_[i];
    for (size_t k = 0; k < c.offset.size(); ++k) {
      student.quant[i].bias[k] += c.offset[k];
      student.quant[i].m[k] = c.m[k];
      student.quant[i].shift[k] = c.shift[k];
    }
  }
  return student;
}

Model calibrated(const IntNet& net, const StaircaseSet& set, std::span<const uint8_t> pixels,
                 const ChannelStatistics& teacher) {
  const Staircases staircases(net.model(), set);
  StudentCalibrator calibrator(net.model(), teacher, staircases, true);
  forward(net, pixels, &staircases, nullptr, calibrator);
  return calibrator.student();
}

}  // namespace tri
