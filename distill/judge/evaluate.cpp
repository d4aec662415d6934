#include "distill/judge/evaluate.h"

#include <optional>

namespace tri {

void Recording::append(const Recording& next) {
  logits.insert(logits.end(), next.logits.begin(), next.logits.end());
  zeros += next.zeros, values += next.values;
  events.resize(next.events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    const EventRecorder::Events& e = next.events[i];
    events[i].zeros += e.zeros, events[i].low += e.low, events[i].high += e.high;
    events[i].coded |= e.coded;
  }
}

Recording record(const IntNet& net, const Dataset& data) {
  const Model& model = net.model();
  std::optional<Staircases> staircases;
  if (!model.staircases.empty()) staircases.emplace(model, model.staircases);
  ZeroRecorder zeros(model.taps());
  EventRecorder events(model.layers.size());
  Observers both({&zeros, &events});
  Recording r;
  r.logits =
      logits_of(net, data, {.staircases = staircases ? &*staircases : nullptr, .observer = &both});
  r.zeros = zeros.zeros(), r.values = zeros.values();
  r.events = events.events();
  return r;
}

Measures measure(const Model& student, const Recording& r, const Dataset& data,
                 const std::vector<int32_t>& teacher_logits, const EnergyTable& table) {
  const int classes = student.layers.back().output.c;
  return {accuracy(r.logits, data.labels(), classes), agreement(r.logits, teacher_logits, classes),
          kl_divergence(r.logits, teacher_logits, classes), r.zero_share(),
          energy(student, student.staircases, r.events, table)};
}

}  // namespace tri
