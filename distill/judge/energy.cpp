#include "distill/judge/energy.h"

#include <algorithm>
#include <numeric>

#include "data/base/check.h"

namespace tri {
namespace {

// Taps that lie within the map, summed over the positions of one axis.
int64_t taps_within(int out, int kernel, int stride, int pad, int in) {
  int64_t count = 0;
  for (int o = 0; o < out; ++o)
    for (int k = 0; k < kernel; ++k) {
      const int at = o * stride - pad + k;
      count += at >= 0 && at < in;
    }
  return count;
}

// Weights (in a pool, places of the window) that meet an input value, for one picture.
double uses_of(const Layer& l) {
  const int64_t rows = taps_within(l.output.h, l.kernel, l.stride, l.pad, l.in.h);
  const int64_t columns = taps_within(l.output.w, l.kernel, l.stride, l.pad, l.in.w);
  return double(rows * columns) * l.output.c * (l.kind == Kind::conv ? l.in.c : 1);
}

double byte_of(const EnergyTable& table, size_t bytes) {
  CHECK(!table.sram.empty());
  const auto fits = table.sram.lower_bound(bytes);
  return fits == table.sram.end() ? table.sram.rbegin()->second : fits->second;
}

// A weight that meets a level that is not 0.
double joining(const Layer& l, const EnergyTable& t) { return t.add16 + byte_of(t, l.weights()); }

// The sums of a layer with weights.
double products(double uses, const EventRecorder::Events& e, const Layer& l, const EnergyTable& t) {
  if (!e.coded) return uses * (t.multiply8 + t.add32 + byte_of(t, l.weights()));
  return uses * (e.share(e.low) + e.share(e.high)) * joining(l, t) +
         double(l.output.size()) * 2 * (2 * t.multiply8 + t.add32);
}

// One input of an addition, with its reading.
double addend(double inputs, bool levels, const Layer& l, const EnergyTable& t) {
  return inputs *
         ((levels ? 0 : 2 * t.multiply8) + t.add32 + (levels ? 0.25 : 1) * byte_of(t, l.in.size()));
}

}  // namespace

std::vector<double> energy(const Model& model, const StaircaseSet& staircases,
                           const std::vector<EventRecorder::Events>& events, const EnergyTable& t) {
  CHECK(events.size() == model.layers.size());
  std::vector<double> result(model.layers.size());
  const auto has_levels = [&](int tap) {
    return tap >= 0 && !staircases.empty() && staircases[size_t(tap)].has_value();
  };
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    if (l.kind == Kind::dropout) continue;
    const double uses = uses_of(l), inputs = double(l.in.size()), outputs = double(l.output.size());
    const bool levels = has_levels(l.reads.front().tap);
    if (!l.has_sums()) {
      result[i] = l.kind == Kind::avg_pool ? inputs * t.add32
                                           : (uses - outputs) * (levels ? 0.25 : 1) * t.add8;
      continue;
    }
    double picojoules = 0;
    if (l.kind == Kind::add) {
      for (const Read& read : l.reads) picojoules += addend(inputs, has_levels(read.tap), l, t);
    } else {
      picojoules += products(uses, events[i], l, t);
      picojoules += inputs * (events[i].coded ? 0.25 : 1) * byte_of(t, l.in.size());
    }
    const bool coded = has_levels(l.tap);
    picojoules += outputs * (coded ? 2 * t.add32 : t.multiply32);
    // The logits leave the chip.
    if (!l.is_logits()) picojoules += outputs * (coded ? 0.25 : 1) * byte_of(t, l.output.size());
    result[i] = picojoules;
  }
  return result;
}

std::vector<double> teacher_energy(const Model& model, const EnergyTable& table) {
  return energy(model, {}, std::vector<EventRecorder::Events>(model.layers.size()), table);
}

std::vector<double> nonzero_energy(const Model& model, const StaircaseSet& staircases,
                                   const EnergyTable& t) {
  std::vector<double> result(model.layers.size());
  for (const Layer& l : model.layers) {
    if (!l.has_weights()) continue;
    const Read& read = l.reads.front();
    if (read.tap < 0 || staircases.empty() || !staircases[size_t(read.tap)]) continue;
    result[size_t(read.from)] +=
        uses_of(l) * joining(l, t) / double(model.layers[size_t(read.from)].output.size());
  }
  return result;
}

double total(const std::vector<double>& layers) {
  return std::accumulate(layers.begin(), layers.end(), 0.0);
}

}  // namespace tri
