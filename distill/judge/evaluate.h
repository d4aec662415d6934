// A network over a whole data set.
#pragma once

#include <vector>

#include "data/dataset.h"
#include "distill/judge/energy.h"
#include "distill/judge/kl.h"
#include "engine/integer/int_net.h"
#include "engine/integer/observers.h"

namespace tri {

// What a student is worth on pictures whose teacher's logits are known.
struct Measures {
  double accuracy, agreement, kl, zero_share;
  std::vector<double> energy;  // of every layer, in pJ a picture (distill/judge/energy.h)
};

// What measures are made of. Parts of a data set, run apart, add up to the whole.
struct Recording {
  std::vector<int32_t> logits = {};                // [pictures][classes]
  uint64_t zeros = 0, values = 0;                  // of all taps
  std::vector<EventRecorder::Events> events = {};  // [layers]

  double zero_share() const { return values ? double(zeros) / double(values) : 0; }
  // Of the pictures that follow.
  void append(const Recording& next);
};
// The net with the staircases of its model.
Recording record(const IntNet& net, const Dataset& data);

Measures measure(const Model& student, const Recording& recording, const Dataset& data,
                 const std::vector<int32_t>& teacher_logits, const EnergyTable& table);

}  // namespace tri
