// A network over a whole data set.
#pragma once

#include <vector>

#include "data/dataset.h"
#include "distill/judge/energy.h"
#include "distill/judge/kl.h"
#include "engine/integer/int_net.h"

namespace tri {

// What a student is worth on pictures whose teacher's logits are known.
struct Measures {
  double accuracy, agreement, kl, zero_share;
  std::vector<double> energy;  // of every layer, in pJ a picture (distill/judge/energy.h)
};
Measures measure(const IntNet& net, const Dataset& data, const std::vector<int32_t>& teacher_logits,
                 const Staircases& student, const EnergyTable& table);

}  // namespace tri
