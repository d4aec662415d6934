// The run-time choice among variants for several instruction sets.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "data/base/error.h"

namespace tri {

// The first runnable variant (best first) of those that qualify; `isa` (or the environment variable
// TRISEGMENT_ISA where isa is empty) names one instead. Throws Error when the name is unknown or
// this CPU cannot run it.
template <class Variant, class Qualifies>
const Variant& choose_variant(const std::vector<Variant>& variants, const std::string& isa,
                              Qualifies qualifies) {
  const char* variable = std::getenv("TRISEGMENT_ISA");
  const std::string wanted = !isa.empty() ? isa : variable ? variable : "";
  std::string known;
  for (const Variant& v : variants) {
    if (!qualifies(v)) continue;
    if (wanted.empty() ? v.runnable() : wanted == v.isa) {
      if (!v.runnable())
        throw Error("this CPU cannot run the instruction set '" + wanted + "': choose another");
      return v;
    }
    known += std::string(known.empty() ? "" : ", ") + v.isa;
  }
  throw Error("unknown instruction set '" + wanted + "' (" +
              (!isa.empty() ? "option --isa" : "environment variable TRISEGMENT_ISA") +
              "): expected one of " + known);
}

template <class Variant>
const Variant& choose_variant(const std::vector<Variant>& variants, const std::string& isa) {
  return choose_variant(variants, isa, [](const Variant&) { return true; });
}

// Of one kind.
template <class Variant>
const Variant& choose_variant(const std::vector<Variant>& variants, decltype(Variant::kind) kind,
                              const std::string& isa) {
  return choose_variant(variants, isa, [kind](const Variant& v) { return v.kind == kind; });
}

}  // namespace tri
