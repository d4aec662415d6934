#include "rl/agent/parametrization.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/base/check.h"

namespace tri {
namespace {

TriSegment to_trisegment(const Action& a) {
  return TriSegment{.t1 = a[0], .v1 = a[1], .t2 = a[2], .v2 = a[3]}.ordered();
}

TriSegment to_two_levels(const Action& a) {
  return {.t1 = a[0], .v1 = a[1], .t2 = a[0], .v2 = a[1]};
}

double octaves(uint8_t bin) { return (double(bin) - kMiddle) / kMiddle; }

// The center, moved as far as the global step and the tap's say.
Action moved(const TriSegment& center, const Action& global, const Action& chosen) {
  Action action{center.t1, center.v1, center.t2, center.v2, 0};
  for (size_t i = 0; i < kStaircaseHeads; ++i) {
    const double factor = std::exp2(octaves(global[i]) + octaves(chosen[i]));
    action[i] = uint8_t(std::min(255.0, std::round(action[i] * factor)));
  }
  return action;
}

TapKind nearest_kind(double position) {
  return TapKind(std::clamp(std::lround(position), 0L, long(kTapKinds) - 1));
}

// Staircases alone, all of three levels.
Mixture three_levels(StaircaseSet centers) {
  TapKinds kinds;
  for (const auto& center : centers)
    kinds.push_back(center ? TapKind::three_levels : TapKind::eight_bits);
  return {centers, centers, std::move(kinds)};
}

}  // namespace

Parametrization Parametrization::centered(StaircaseSet centers, Widths widths) {
  Parametrization p = centered(three_levels(std::move(centers)), widths);
  p.mixed_ = false;
  return p;
}

Parametrization Parametrization::raw(StaircaseSet centers) {
  Parametrization p = raw(three_levels(std::move(centers)));
  p.mixed_ = false;
  return p;
}

Parametrization Parametrization::centered(Mixture centers, Widths widths) {
  CHECK(widths.global >= 0 && widths.residual > 0);
  Parametrization p = raw(std::move(centers));
  p.centered_ = true, p.global_ = widths.global > 0;
  std::fill(p.widths_.begin(), p.widths_.end(), widths.residual);
  if (p.global_) p.widths_.insert(p.widths_.begin(), widths.global);
  return p;
}

Parametrization Parametrization::raw(Mixture centers) {
  Parametrization p;
  p.centers_ = std::move(centers);
  for (const auto& center : p.centers_.three)
    if (center) p.widths_.push_back(0);
  return p;
}

Mixture Parametrization::mixture(const Actions& actions) const {
  CHECK(actions.size() == widths_.size());
  Mixture result = centers_;
  const Action global = global_ ? actions[0] : kMiddles;
  size_t step = global_;
  for (size_t tap = 0; tap < centers_.three.size(); ++tap) {
    if (!centers_.is_free(tap)) continue;
    const Action& chosen = actions[step++];
    TapKind& kind = result.kinds[tap];
    if (centered_) {
      result.three[tap] = to_trisegment(moved(*centers_.three[tap], global, chosen));
      result.two[tap] = to_two_levels(moved(*centers_.two[tap], global, chosen));
      if (mixed_)
        kind = nearest_kind(int(kind) + octaves(global[kKindHead]) +
                            kKindsAnOctave * octaves(chosen[kKindHead]));
    } else {
      result.three[tap] = to_trisegment(chosen);
      result.two[tap] = to_two_levels(chosen);
      if (mixed_) kind = TapKind(chosen[kKindHead] * kTapKinds / kBins);
    }
  }
  return result;
}

Actions Parametrization::start_with(const TapKinds& kinds) const {
  CHECK(centered_ && mixed_ && kinds.size() == centers_.kinds.size());
  Actions actions = start();
  size_t step = global_;
  for (size_t tap = 0; tap < kinds.size(); ++tap) {
    if (!centers_.is_free(tap)) continue;
    const int away = int(kinds[tap]) - int(centers_.kinds[tap]);
    actions[step++][kKindHead] = uint8_t(kMiddle + std::lround(away * kMiddle / kKindsAnOctave));
  }
  return actions;
}

Matrix Parametrization::states(const Matrix& layers, bool marked) const {
  CHECK(layers.rows == int(centers_.kinds.size()));
  Matrix states(steps(), layers.cols + (marked ? steps() : 0));
  for (int step = 0; marked && step < steps(); ++step) states(step, layers.cols + step) = kStepMark;
  int step = global_;
  for (int layer = 0; layer < layers.rows; ++layer) {
    if (!centers_.is_free(size_t(layer))) continue;
    for (int i = 0; i < layers.cols; ++i) {
      states(step, i) = layers(layer, i);
      if (global_ && i > 0) states(0, i) += layers(layer, i) / (steps() - 1);
    }
    ++step;
  }
  return states;
}

Matrix bell_prior(const std::vector<double>& widths, int heads) {
  Matrix prior(int(widths.size()), heads * kBins);
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
