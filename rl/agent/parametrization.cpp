#include "rl/agent/parametrization.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/base/check.h"

namespace tri {
namespace {

Action to_action(const TriSegment& f) { return {f.t1, f.v1, f.t2, f.v2}; }

TriSegment to_trisegment(const Action& a) {
  return TriSegment{.t1 = a[0], .v1 = a[1], .t2 = a[2], .v2 = a[3]}.ordered();
}

double octaves(uint8_t bin) { return (double(bin) - kMiddle) / kMiddle; }

}  // namespace

Parametrization Parametrization::centered(StaircaseSet centers, Widths widths) {
  CHECK(widths.global > 0 && widths.residual > 0);
  Parametrization p = raw(std::move(centers));
  p.global_ = true;
  std::fill(p.widths_.begin(), p.widths_.end(), widths.residual);
  p.widths_.insert(p.widths_.begin(), widths.global);
  return p;
}

Parametrization Parametrization::raw(StaircaseSet centers) {
  Parametrization p;
  p.centers_ = std::move(centers);
  for (const auto& center : p.centers_)
    if (center) p.widths_.push_back(0);
  return p;
}

StaircaseSet Parametrization::staircases(const Actions& actions) const {
  CHECK(actions.size() == widths_.size());
  StaircaseSet result;
  size_t step = global_;
  for (const auto& center : centers_) {
    if (!center) {
      result.push_back(std::nullopt);
      continue;
    }
    Action chosen = actions[step++];
    if (global_) {
      const Action centers = to_action(*center);
      for (size_t i = 0; i < kHeads; ++i) {
        const double factor = std::exp2(octaves(actions[0][i]) + octaves(chosen[i]));
        chosen[i] = uint8_t(std::min(255.0, std::round(centers[i] * factor)));
      }
    }
    result.push_back(to_trisegment(chosen));
  }
  return result;
}

Matrix Parametrization::states(const Matrix& layers) const {
  CHECK(layers.rows == int(centers_.size()));
  Matrix states(steps(), layers.cols + steps());
  for (int step = 0; step < steps(); ++step) states(step, layers.cols + step) = kStepMark;
  int step = global_;
  for (int layer = 0; layer < layers.rows; ++layer) {
    if (!centers_[size_t(layer)]) continue;
    for (int i = 0; i < layers.cols; ++i) {
      states(step, i) = layers(layer, i);
      if (global_ && i > 0) states(0, i) += layers(layer, i) / (steps() - 1);
    }
    ++step;
  }
  return states;
}

Matrix bell_prior(const std::vector<double>& widths) {
  Matrix prior(int(widths.size()), kHeads * kBins);
  for (int step = 0; step < prior.rows; ++step) {
    const double width = widths[size_t(step)];
    if (width == 0) continue;
    for (int i = 0; i < prior.cols; ++i) {
      const double z = (i % kBins - kMiddle) / width;
      prior(step, i) = -z * z / 2;
    }
  }
  return prior;
}

}  // namespace tri
