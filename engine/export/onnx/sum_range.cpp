#include "engine/export/onnx/sum_range.h"

#include <algorithm>

#include "engine/arithmetic/quant.h"

namespace tri {
namespace {

void add(Range& sum, int64_t weight, Range x) {
  const int64_t a = weight * x.least, b = weight * x.most;
  sum.least += std::min(a, b), sum.most += std::max(a, b);
}

}  // namespace

Range value_range(const Model& model, int row) {
  if (row != kPicture) {
    const Layer& l = model.layers[size_t(row)];
    if (!l.has_sums()) return value_range(model, l.sources.front());
    if (l.tap >= 0 && !model.staircases.empty() && model.staircases[size_t(l.tap)])
      return {0, model.staircases[size_t(l.tap)]->v2};
  }
  const int64_t zero = zero_point(model.layers, row);
  return {-zero, kCodeMax - zero};
}

std::vector<Range> sum_ranges(const Model& model, int row) {
  const Layer& l = model.layers[size_t(row)];
  const QuantLayer& q = model.quant[size_t(row)];
  const Range x = value_range(model, l.sources.front());
  if (!l.has_sums()) {
    std::vector<Range> sum(1);
    add(sum[0], int64_t(l.in.h) * l.in.w, x);
    return sum;
  }
  const size_t K = size_t(l.output.c);
  std::vector<Range> sums(K);
  for (size_t at = 0; at < q.weights.size(); ++at) add(sums[at % K], q.weights[at], x);
  for (size_t at = 0; at < q.factors.size(); ++at)
    add(sums[at % K], q.factors[at], value_range(model, l.sources[at / K]));
  return sums;
}

}  // namespace tri
