#include "rl/search/budget.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "data/base/check.h"
#include "rl/search/knapsack.h"

namespace tri {
namespace {

constexpr TapKind kKinds[] = {TapKind::eight_bits, TapKind::three_levels, TapKind::two_levels};

Model without_numbers(const Model& model) {
  return {.net = model.net, .layers = model.layers, .quant = {}, .staircases = {}};
}

EventRecorder::Events events_of(const Histogram& codes, const TriSegment& f) {
  EventRecorder::Events e{.coded = true};
  for (int code = 0; code < 256; ++code) {
    const int level = f.segment(code);
    (f(code) == 0 ? e.zeros : level == 1 ? e.low : e.high) += codes[size_t(code)];
  }
  return e;
}

// [taps][kinds]: what each would add to the estimate; of fixed taps nothing.
TapLosses costs_of(const EnergyEstimate& estimate, const Mixture& m) {
  TapLosses costs(m.kinds.size());
  for (size_t tap = 0; tap < costs.size(); ++tap)
    for (const TapKind kind : kKinds)
      if (m.is_free(tap)) costs[tap][size_t(kind)] = estimate.change(tap, m.as(tap, kind));
  return costs;
}

// Taps that get fewer levels, one after the other, and those that get them back.
class Projection {
 public:
  Projection(Mixture& mixture, const TapLosses& costs, const TapLosses& losses, double left)
      : m_(mixture), costs_(costs), losses_(losses), left_(left), proposed_(mixture.kinds) {
    for (size_t tap = 0; tap < costs.size(); ++tap) left_ -= cost(tap, m_.kinds[tap]);
  }

  // Returns whether the mixture fits then.
  bool run() {
    while (left_ < 0)
      if (!lower_one()) return false;
    for (size_t i = changed_.size(); i-- > 0;) restore(changed_[i]);
    return true;
  }

  void fill() {
    while (raise_one()) {
    }
  }

 private:
  double cost(size_t tap, TapKind kind) const { return costs_[tap][size_t(kind)]; }
  double saved(size_t tap, TapKind kind) const {
    return cost(tap, m_.kinds[tap]) - cost(tap, kind);
  }
  void set(size_t tap, TapKind kind) {
    left_ += saved(tap, kind);
    m_.kinds[tap] = kind;
  }

  bool lower_one() {
    double least = std::numeric_limits<double>::infinity();
    size_t best = 0;
    TapKind to{};
    for (size_t tap = 0; tap < costs_.size(); ++tap)
      for (const TapKind kind : kKinds) {
        if (!m_.is_free(tap) || kind <= m_.kinds[tap] || saved(tap, kind) <= 0) continue;
        const double loss = losses_[tap][size_t(kind)] - losses_[tap][size_t(m_.kinds[tap])];
        const double price = loss / saved(tap, kind);
        if (price < least) least = price, best = tap, to = kind;
      }
    if (least == std::numeric_limits<double>::infinity()) return false;
    set(best, to);
    changed_.push_back(best);
    return true;
  }

  // Returns whether what is left paid for more levels: where the trials say that they gain most.
  bool raise_one() {
    double most = 0;
    size_t best = 0;
    TapKind to{};
    for (size_t tap = 0; tap < costs_.size(); ++tap)
      for (const TapKind kind : kKinds) {
        const double cost = -saved(tap, kind);
        if (!m_.is_free(tap) || kind >= m_.kinds[tap] || cost <= 0 || cost > left_) continue;
        const double gain = losses_[tap][size_t(m_.kinds[tap])] - losses_[tap][size_t(kind)];
        if (gain / cost > most) most = gain / cost, best = tap, to = kind;
      }
    if (most == 0) return false;
    set(best, to);
    return true;
  }

  void restore(size_t tap) {
    for (const TapKind kind : kKinds) {
      if (kind < proposed_[tap] || kind >= m_.kinds[tap] || left_ + saved(tap, kind) < 0) continue;
      set(tap, kind);
      return;
    }
  }

  Mixture& m_;
  const TapLosses &costs_, &losses_;
  double left_;
  TapKinds proposed_;
  std::vector<size_t> changed_;  // taps, in their order
};

}  // namespace

EnergyEstimate::EnergyEstimate(const Model& model, std::vector<Histogram> read, EnergyTable table)
    : model_(without_numbers(model)),
      read_(std::move(read)),
      table_(std::move(table)),
      all_8_bits_(total(teacher_energy(model_, table_))) {
  CHECK(read_.size() == model_.layers.size());
}

double EnergyEstimate::operator()(const StaircaseSet& staircases) const {
  std::vector<EventRecorder::Events> events(model_.layers.size());
  for (size_t i = 0; i < events.size(); ++i) {
    const Layer& l = model_.layers[i];
    if (!l.has_weights() || l.reads.front().tap < 0) continue;
    if (const auto& f = staircases[size_t(l.reads.front().tap)])
      events[i] = events_of(read_[i], *f);
  }
  return total(energy(model_, staircases, events, table_));
}

double EnergyEstimate::change(size_t tap, const std::optional<TriSegment>& f) const {
  if (!f) return 0;
  StaircaseSet alone(size_t(model_.taps()));
  alone[tap] = f;
  return (*this)(alone)-all_8_bits_;
}

Budget::Budget(EnergyEstimate estimate, const Mixture& mean_square, TapLosses losses, double limit)
    : estimate_(std::move(estimate)),
      cheapest_(mean_square),
      losses_(std::move(losses)),
      limit_(limit) {
  CHECK(losses_.size() == cheapest_.kinds.size());
  const TapLosses costs = costs_of(estimate_, cheapest_);
  for (size_t tap = 0; tap < costs.size(); ++tap)
    cheapest_.kinds[tap] =
        kKinds[std::min_element(costs[tap].begin(), costs[tap].end()) - costs[tap].begin()];
}

Mixture Budget::project(Mixture proposed) const {
  const TapLosses costs = costs_of(estimate_, proposed);
  const double all_8_bits = estimate_(StaircaseSet(costs.size()));
  return Projection(proposed, costs, losses_, limit_ - all_8_bits).run() ? proposed : cheapest_;
}

Mixture Budget::fitted(Mixture proposed) const {
  Mixture mixture = project(std::move(proposed));
  const TapLosses costs = costs_of(estimate_, mixture);
  const double all_8_bits = estimate_(StaircaseSet(costs.size()));
  Projection(mixture, costs, losses_, (1 - kRoom) * limit_ - all_8_bits).fill();
  return mixture;
}

Mixture Budget::allocation() const {
  const TapLosses costs = costs_of(estimate_, cheapest_);
  std::vector<std::vector<double>> loss_of, cost_of;
  for (size_t tap = 0; tap < costs.size(); ++tap) {
    loss_of.emplace_back(losses_[tap].begin(), losses_[tap].end());
    cost_of.emplace_back(costs[tap].begin(), costs[tap].end());
    if (!cheapest_.is_free(tap)) loss_of[tap] = {0}, cost_of[tap] = {0};
  }
  Mixture result = cheapest_;
  const double all_8_bits = estimate_(StaircaseSet(costs.size()));
  const std::vector<size_t> chosen = knapsack(loss_of, cost_of, limit_ - all_8_bits);
  for (size_t tap = 0; tap < chosen.size(); ++tap) result.kinds[tap] = kKinds[chosen[tap]];
  return result;
}

Mixture Budget::with(const StaircaseSet& staircases) const {
  Mixture mixture = cheapest_;
  for (size_t tap = 0; tap < staircases.size(); ++tap) {
    const TapKind kind = mixture.kinds[tap] = kind_of(staircases[tap]);
    if (kind == TapKind::three_levels) mixture.three[tap] = staircases[tap];
    if (kind == TapKind::two_levels) mixture.two[tap] = staircases[tap];
  }
  return mixture;
}

Budget Budget::with_limit(double limit) const {
  Budget budget = *this;
  budget.limit_ = limit;
  return budget;
}

}  // namespace tri
