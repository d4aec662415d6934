#include "rl/agent/state.h"

#include <cmath>

namespace tri {

Matrix layer_states(std::span<const Histogram> histograms) {
  Matrix states(int(histograms.size()), 4);
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

}  // namespace tri
