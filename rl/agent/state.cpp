#include "rl/agent/state.h"

#include <algorithm>
#include <cmath>

#include "data/base/check.h"

namespace tri {
namespace {

// Of the mean-square staircase: v1 / 255, v2 / 255, relative squared error. And the share of codes
// that are not 0.
void add_codes(const Histogram& histogram, std::span<double> row) {
  const TriSegment f = mse_optimal(histogram).ordered();
  double total = 0, squares = 0, errors = 0;
  for (int code = 0; code < int(histogram.size()); ++code) {
    const double count = double(histogram[size_t(code)]);
    total += count;
    squares += count * code * code;
    errors += count * (f(code) - code) * (f(code) - code);
  }
  if (squares == 0) return;
  row[4] = 1 - double(histogram[0]) / total;
  row[5] = f.v1 / 255.0, row[6] = f.v2 / 255.0, row[7] = errors / squares;
}

// What reads the taps, weighed by its energy.
void add_readers(const Model& teacher, const EnergyTable& table, Matrix& states) {
  const std::vector<double> energies = teacher_energy(teacher, table);
  const double all = total(energies);
  for (size_t i = 0; i < teacher.layers.size(); ++i) {
    const Layer& l = teacher.layers[i];
    if (!l.has_sums()) continue;
    for (const Read& read : l.reads) {
      if (read.tap < 0) continue;
      const double share = all > 0 ? energies[i] / all / double(l.reads.size()) : 0;
      const auto add = [&](int feature, double value) {
        states(read.tap, feature) += share * value;
      };
      add(8, 1);
      add(9, l.kind == Kind::depthwise);
      add(10, l.kind == Kind::conv && l.kernel == 1);
      add(11, l.kind == Kind::add);
      add(12, l.is_logits());
      add(13, l.has_weights() ? std::log2(double(l.rows())) / 16 : 0);
    }
  }
  for (int tap = 0; tap < states.rows; ++tap)
    for (int feature = 9; feature <= 13; ++feature)
      if (states(tap, 8) > 0) states(tap, feature) /= states(tap, 8);
}

}  // namespace

Matrix layer_states(std::span<const Histogram> histograms) {
  Matrix states(int(histograms.size()), kSimpleStates);
  for (int layer = 0; layer < states.rows; ++layer) {
    const Histogram& histogram = histograms[size_t(layer)];
    states(layer, 0) = double(layer + 1) / states.rows;
    double total = 0, sum = 0;
    for (size_t code = 0; code < histogram.size(); ++code) {
      total += double(histogram[code]);
      sum += double(histogram[code]) * double(code);
    }
    if (total == 0) continue;
    const double mean = sum / total;
    double squares = 0;
    for (size_t code = 0; code < histogram.size(); ++code) {
      squares += double(histogram[code]) * (double(code) - mean) * (double(code) - mean);
    }
    size_t p90 = 0;
    for (double below = double(histogram[0]); 10 * below < 9 * total;
         below += double(histogram[p90])) {
      ++p90;
    }
    states(layer, 1) = mean / 255;
    states(layer, 2) = std::sqrt(squares / total) / 128;
    states(layer, 3) = double(p90) / 255;
  }
  return states;
}

Matrix wide_states(const Model& teacher, const EnergyTable& table,
                   std::span<const Histogram> histograms,
                   std::span<const std::array<double, kTapKinds>> losses) {
  const Matrix simple = layer_states(histograms);
  CHECK(simple.rows == teacher.taps() && (losses.empty() || int(losses.size()) == simple.rows));
  Matrix states(simple.rows, kWideStates);
  for (int tap = 0; tap < states.rows; ++tap) {
    const std::span row(&states.values[size_t(tap) * kWideStates], kWideStates);
    std::copy(simple.row(tap).begin(), simple.row(tap).end(), row.begin());
    add_codes(histograms[size_t(tap)], row);
    if (losses.empty()) continue;
    for (const TapKind kind : {TapKind::three_levels, TapKind::two_levels}) {
      const double loss = std::max(losses[size_t(tap)][size_t(kind)], 1e-4);
      row[13 + size_t(kind)] = std::min((std::log10(loss) + 4) / 5, 1.0);
    }
  }
  add_readers(teacher, table, states);
  return states;
}

}  // namespace tri
