#include "rl/agent/mixture.h"

#include <utility>

#include "data/base/check.h"

namespace tri {

Mixture Mixture::mean_square(const std::vector<Histogram>& histograms,
                             const std::vector<bool>& fixed, TapKinds kinds) {
  CHECK(fixed.size() == histograms.size() && kinds.size() == histograms.size());
  Mixture m{StaircaseSet(fixed.size()), StaircaseSet(fixed.size()), std::move(kinds)};
  for (size_t tap = 0; tap < fixed.size(); ++tap) {
    CHECK(!fixed[tap] || m.kinds[tap] == TapKind::eight_bits);
    if (fixed[tap]) continue;
    m.three[tap] = mse_optimal(histograms[tap]).ordered();
    m.two[tap] = mse_optimal_two(histograms[tap]);
  }
  return m;
}

std::optional<TriSegment> Mixture::as(size_t tap, TapKind kind) const {
  if (kind == TapKind::eight_bits) return std::nullopt;
  CHECK(is_free(tap));
  return kind == TapKind::three_levels ? three[tap] : two[tap];
}

StaircaseSet Mixture::staircases() const {
  StaircaseSet set;
  for (size_t tap = 0; tap < kinds.size(); ++tap) set.push_back(as(tap, kinds[tap]));
  return set;
}

}  // namespace tri
