#include "engine/graph/plan.h"

#include <algorithm>

#include "data/base/check.h"

namespace tri {

BufferPlan plan_buffers(std::span<const Lifetime> values) {
  BufferPlan plan;
  std::vector<int> busy_until;  // by buffer
  for (size_t i = 0; i < values.size(); ++i) {
    const Lifetime& v = values[i];
    CHECK(i == 0 || v.begin >= values[i - 1].begin);
    plan.buffer.push_back(-1);
    if (v.size == 0) continue;
    // Of the free ones the one whose size fits best; a new one where all are busy.
    int best = -1;
    const auto misfit = [&](size_t b) {
      return plan.sizes[b] > v.size ? plan.sizes[b] - v.size : v.size - plan.sizes[b];
    };
    for (size_t b = 0; b < busy_until.size(); ++b)
      if (busy_until[b] < v.begin && (best < 0 || misfit(b) < misfit(size_t(best)))) best = int(b);
    if (best < 0) {
      best = int(busy_until.size());
      busy_until.push_back(0), plan.sizes.push_back(0);
    }
    busy_until[size_t(best)] = v.end;
    plan.sizes[size_t(best)] = std::max(plan.sizes[size_t(best)], v.size);
    plan.buffer.back() = best;
  }
  return plan;
}

ArenaPlan plan_arena(std::span<const Lifetime> values, size_t align) {
  std::vector<size_t> order(values.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a].size > values[b].size; });
  ArenaPlan plan{std::vector<size_t>(values.size()), 0};
  std::vector<size_t> placed;  // by their offsets
  for (const size_t i : order) {
    const Lifetime& v = values[i];
    if (v.size == 0) continue;
    size_t at = 0;
    for (const size_t p : placed) {
      const bool together = values[p].begin <= v.end && v.begin <= values[p].end;
      if (!together) continue;
      if (at + v.size <= plan.offset[p]) break;
      at = std::max(at, (plan.offset[p] + values[p].size + align - 1) / align * align);
    }
    plan.offset[i] = at;
    plan.size = std::max(plan.size, at + v.size);
    placed.insert(
        std::ranges::upper_bound(placed, at, {}, [&](size_t p) { return plan.offset[p]; }), i);
  }
  return plan;
}

ForwardPlan plan_forward(const std::vector<Layer>& layers) {
  ForwardPlan plan;
  std::vector<Lifetime> values;
  bool logits = false;
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer& l = layers[i];
    const int source = l.sources.front();
    const bool hands_on = l.kind == Kind::dropout;
    plan.owner.push_back(!hands_on            ? int(i)
                         : source == kPicture ? kPicture
                                              : plan.owner[size_t(source)]);
    logits |= l.is_logits();
    values.push_back({int(i), l.last_use, hands_on || logits ? 0 : l.output.size()});
    if (const int owner = plan.owner.back(); hands_on && owner != kPicture)
      values[size_t(owner)].end = std::max(values[size_t(owner)].end, l.last_use);
  }
  plan.buffers = plan_buffers(values);
  return plan;
}

BufferPlan plan_backward(const std::vector<Layer>& layers) {
  // In the order in which the gradients begin: of the last readers, from the end.
  const int last = int(layers.size()) - 1;
  int reads_picture = 0;
  for (int i = 0; i <= last; ++i)
    for (const int source : layers[size_t(i)].sources)
      if (source == kPicture) reads_picture = i;
  std::vector<Lifetime> values;
  for (int i = 0; i <= last; ++i) {
    const Layer& l = layers[size_t(i)];
    values.push_back({last - l.last_use, last - i, l.output.size()});
  }
  values.push_back({last - reads_picture, last + 1, layers.front().in.size()});
  std::vector<size_t> order(values.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a].begin < values[b].begin; });
  std::vector<Lifetime> sorted;
  for (const size_t i : order) sorted.push_back(values[i]);
  const BufferPlan by_begin = plan_buffers(sorted);
  BufferPlan plan{std::vector<int>(values.size()), by_begin.sizes};
  for (size_t i = 0; i < order.size(); ++i) plan.buffer[order[i]] = by_begin.buffer[i];
  return plan;
}

}  // namespace tri
