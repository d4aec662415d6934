// The choice among the bodies of a kernel.
#pragma once

#include <vector>

#include "data/base/check.h"
#include "engine/kernels/dispatch/isa.h"

namespace tri {

inline bool always() { return true; }  // runs anywhere

// A kernel's table lists its variants best first, each with its `isa` and whether this CPU is
// `runnable()` for it, a scalar one at the end. The first that runs here and is not above `isa`, of
// those that `qualify`.
template <class Variant, class Qualifies>
const Variant& choose(const std::vector<Variant>& variants, Isa isa, Qualifies qualifies) {
  const Variant* chosen = nullptr;
  for (const Variant& v : variants)
    if (!chosen && v.isa >= isa && qualifies(v) && v.runnable()) chosen = &v;
  CHECK(chosen);
  return *chosen;
}

template <class Variant>
const Variant& choose(const std::vector<Variant>& variants, Isa isa) {
  return choose(variants, isa, [](const Variant&) { return true; });
}

// Of one kind.
template <class Variant>
const Variant& choose(const std::vector<Variant>& variants, decltype(Variant::kind) kind, Isa isa) {
  return choose(variants, isa, [kind](const Variant& v) { return v.kind == kind; });
}

}  // namespace tri
