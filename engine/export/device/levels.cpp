#include "engine/export/device/levels.h"

#include <algorithm>
#include <limits>

#include "data/base/check.h"
#include "engine/arithmetic/quant.h"

namespace tri {
namespace {

// "sum + bias > t" as "sum > t - bias". No sum leaves the 32 bits that t - bias may leave.
int32_t without_bias(int32_t t, int32_t bias) {
  return int32_t(std::clamp<int64_t>(int64_t(t) - bias, std::numeric_limits<int32_t>::min(),
                                     std::numeric_limits<int32_t>::max()));
}

}  // namespace

int codes_of(const std::vector<Layer>& layers, int source) {
  while (source != kPicture && layers[size_t(source)].kind == Kind::dropout)
    source = layers[size_t(source)].sources.front();
  return source;
}

std::optional<TriSegment> levels_of(const Model& model, int row) {
  const Layer& l = model.layers[size_t(row)];
  const int tap = l.has_sums() ? l.tap : l.kind == Kind::avg_pool ? -1 : l.reads.front().tap;
  if (tap < 0 || model.staircases.empty() || !model.staircases[size_t(tap)]) return std::nullopt;
  TriSegment f = *model.staircases[size_t(tap)];
  if (f.v1 == 0) f.t1 = f.t2, f.v1 = f.v2;
  return f;
}

std::vector<std::array<int32_t, 2>> thresholds_of(const Model& model, int row) {
  const QuantLayer& q = model.quant[size_t(row)];
  const auto f = levels_of(model, row);
  CHECK(f);
  std::vector<std::array<int32_t, 2>> thresholds;
  for (size_t k = 0; k < q.m.size(); ++k) {
    const Multiplier r{q.m[k], q.shift[k]};
    thresholds.push_back({without_bias(largest_accumulator(f->t1, r), q.bias[k]),
                          without_bias(largest_accumulator(f->t2, r), q.bias[k])});
  }
  return thresholds;
}

}  // namespace tri
