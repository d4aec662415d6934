#include "engine/integer/model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/batch.h"
#include "engine/arithmetic/quant.h"

namespace tri {

void rescale_channel(QuantLayer& q, size_t k, int rows, double unit, double bias, double factor) {
  const double headroom =
      std::numeric_limits<int32_t>::max() - double(rows) * kWeightMax * kCodeMax;
  q.bias[k] = int32_t(std::clamp(std::round(bias), -headroom, headroom));
  const Multiplier m = multiplier(factor);
  q.m[k] = m.m, q.shift[k] = m.shift;
  if (!q.mean.empty()) q.mean[k] *= float(unit), q.variance[k] *= float(unit * unit);
}

std::vector<double> bias_headroom(const QuantLayer& q, int K) {
  std::vector<double> headroom(q.bias.size(), std::numeric_limits<int32_t>::max());
  for (size_t at = 0; at < q.weights.size(); ++at)
    headroom[at % size_t(K)] -= kCodeMax * std::abs(q.weights[at]);
  for (size_t at = 0; at < q.factors.size(); ++at)
    headroom[at % size_t(K)] -= double(kCodeMax) * q.factors[at];
  return headroom;
}

int zero_point(const std::vector<Layer>& layers, int row) {
  if (row == kPicture) return kPixelZero;
  return layers[size_t(row)].is_linear() ? kSignedZero : 0;
}

int Model::taps() const {
  return int(std::ranges::count_if(layers, [](const Layer& l) { return l.tap >= 0; }));
}

std::vector<int> Model::tap_rows() const { return tri::tap_rows(layers); }

int Model::tap(const std::string& layer) const {
  for (const Layer& l : layers)
    if (l.tap >= 0 && l.name == layer) return l.tap;
  return -1;
}

}  // namespace tri
