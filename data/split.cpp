#include "data/split.h"

#include <algorithm>

namespace tri {

int held_out_count(int records) {
  if (records >= 20'480) return 2048;
  return records < 2 ? 0 : std::max(1, records / 10);
}

Splits split(const Dataset& train, const SplitSizes& wanted, int reserved) {
  const int all = train.size(), free = all - reserved;
  const int64_t sum =
      int64_t(wanted.calibration) + wanted.search + (reserved ? 0 : wanted.held_out);
  int at = int(std::max<int64_t>(0, free - sum));
  const auto next = [&](int64_t count) {
    if (sum > free) count = std::max<int64_t>(1, count * free / sum);
    const int begin = std::min(at, free - 1);
    at = std::min(begin + int(count), free);
    return train.slice(begin, at);
  };
  Splits s;
  s.calibration = next(wanted.calibration);
  s.search = next(wanted.search);
  s.reconstruction = train.slice(std::max(0, at - wanted.reconstruction), at);
  s.held_out = reserved ? train.slice(all - std::min(reserved, wanted.held_out), all)
                        : next(wanted.held_out);
  return s;
}

}  // namespace tri
