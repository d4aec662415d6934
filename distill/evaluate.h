// A network over a whole data set.
#pragma once

#include <vector>

#include "data/cifar10.h"
#include "distill/energy.h"
#include "distill/kl.h"
#include "engine/int_net.h"

namespace tri {

// [pictures][classes], in steps of kLogitStep.
std::vector<int32_t> logits_of(const IntNet& net, const Dataset& data,
                               const Staircases* staircases = nullptr, Tap* tap = nullptr);

// What a student is worth on pictures whose teacher's logits are known.
struct Measures {
  double accuracy, agreement, kl, zero_share;
  std::vector<double> energy;  // of every layer, in pJ a picture (distill/energy.h)
};
Measures measure(const IntNet& net, const Dataset& data, const std::vector<int32_t>& teacher_logits,
                 const Staircases& student, const EnergyTable& table);

}  // namespace tri
