#include "distill/judge/evaluate.h"

#include "engine/integer/observers.h"

namespace tri {

Measures measure(const IntNet& net, const Dataset& data, const std::vector<int32_t>& teacher_logits,
                 const Staircases& student, const EnergyTable& table) {
  const int classes = net.model().layers.back().output.c;
  ZeroRecorder zeros(net.model().taps());
  EventRecorder events(net.model().layers.size());
  Observers both({&zeros, &events});
  const std::vector<int32_t> logits =
      logits_of(net, data, {.staircases = &student, .observer = &both});
  return {accuracy(logits, data.labels(), classes), agreement(logits, teacher_logits, classes),
          kl_divergence(logits, teacher_logits, classes), zeros.share(),
          energy(net.model(), student.f, events.events(), table)};
}

}  // namespace tri
