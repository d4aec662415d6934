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

// Of a kind of codes: bytes of each, and how many levels there are besides 0, where they are few.
double bytes_of(TapKind kind) {
  return kind == TapKind::eight_bits ? 1 : kind == TapKind::three_levels ? 0.25 : 0.125;
}
int values_of(TapKind kind) { return kind == TapKind::three_levels ? 2 : 1; }

// The sums of a layer with weights.
double products(double uses, const EventRecorder::Events& e, TapKind read, const Layer& l,
                const EnergyTable& t) {
  if (!e.coded) return uses * (t.multiply8 + t.add32 + byte_of(t, l.weights()));
  return uses * (e.share(e.low) + e.share(e.high)) * joining(l, t) +
         double(l.output.size()) * values_of(read) * (2 * t.multiply8 + t.add32);
}

// One input of an addition, with its reading.
double addend(double inputs, TapKind read, const Layer& l, const EnergyTable& t) {
  return inputs * ((read == TapKind::eight_bits ? 2 * t.multiply8 : 0) + t.add32 +
                   bytes_of(read) * byte_of(t, l.in.size()));
}

}  // namespace

std::vector<double> energy(const Model& model, const StaircaseSet& staircases,
                           const std::vector<EventRecorder::Events>& events, const EnergyTable& t) {
  CHECK(events.size() == model.layers.size());
  std::vector<double> result(model.layers.size());
  const auto kind = [&](int tap) {
    return tap < 0 || staircases.empty() ? TapKind::eight_bits : kind_of(staircases[size_t(tap)]);
  };
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    if (l.kind == Kind::dropout) continue;
    const double uses = uses_of(l), inputs = double(l.in.size()), outputs = double(l.output.size());
    const TapKind read = kind(l.reads.front().tap), written = kind(l.tap);
    if (!l.has_sums()) {
      result[i] =
          l.kind == Kind::avg_pool ? inputs * t.add32 : (uses - outputs) * bytes_of(read) * t.add8;
      continue;
    }
    double picojoules = 0;
    if (l.kind == Kind::add) {
      for (const Read& r : l.reads) picojoules += addend(inputs, kind(r.tap), l, t);
    } else {
      picojoules += products(uses, events[i], read, l, t);
      picojoules += inputs * (events[i].coded ? bytes_of(read) : 1) * byte_of(t, l.in.size());
    }
    picojoules +=
        outputs * (written == TapKind::eight_bits ? t.multiply32 : values_of(written) * t.add32);
    // The logits leave the chip.
    if (!l.is_logits()) picojoules += outputs * bytes_of(written) * byte_of(t, l.output.size());
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
