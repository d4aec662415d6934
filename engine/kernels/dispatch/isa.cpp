#include "engine/kernels/dispatch/isa.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "data/base/error.h"
#include "engine/kernels/dispatch/cpu.h"

namespace tri {
namespace {

struct Known {
  Isa isa;
  const char* name;
  bool (*runnable)();
};
constexpr Known kKnown[] = {
    {Isa::amx, "amx", cpu_has_amx},    {Isa::avx512, "avx512", cpu_has_avx512},
    {Isa::avx2, "avx2", cpu_has_avx2}, {Isa::dotprod, "dotprod", cpu_has_dotprod},
    {Isa::neon, "neon", cpu_has_neon}, {Isa::scalar, "scalar", [] { return true; }}};

constexpr int kUnset = -1;
std::atomic<int> chosen = kUnset;

std::string list(bool runnable_alone) {
  std::string names;
  for (const Known& known : kKnown)
    if (!runnable_alone || known.runnable())
      names += std::string(names.empty() ? "" : ", ") + known.name;
  return names;
}

// source: who named it.
Isa find(const std::string& name, const char* source) {
  const auto known = std::ranges::find_if(kKnown, [&](const Known& k) { return name == k.name; });
  const std::string what = "instruction set '" + name + "' (" + source + ")";
  if (known == std::end(kKnown))
    throw Error("unknown " + what + ": expected one of " + list(false));
  if (!known->runnable())
    throw Error("this CPU cannot run the " + what + ": it runs " + list(true));
  return known->isa;
}

Isa from_environment() {
  const char* variable = std::getenv("TRISEGMENT_ISA");
  if (variable && *variable) return find(variable, "environment variable TRISEGMENT_ISA");
  return runnable_isas().front();
}

}  // namespace

const char* isa_name(Isa isa) { return kKnown[size_t(isa)].name; }

std::vector<Isa> runnable_isas() {
  std::vector<Isa> isas;
  for (const Known& known : kKnown)
    if (known.runnable()) isas.push_back(known.isa);
  return isas;
}

void set_isa(const std::string& name) {
  chosen = int(name.empty() ? from_environment() : find(name, "option --isa"));
}

Isa chosen_isa() {
  if (chosen == kUnset) set_isa("");
  return Isa(chosen.load());
}

Isa isa_of(const std::string& name) {
  return name.empty() ? chosen_isa() : find(name, "option --isa");
}

}  // namespace tri
