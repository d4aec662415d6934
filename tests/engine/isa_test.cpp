// One choice of an instruction set, which every kernel follows.
#include "engine/kernels/dispatch/isa.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <vector>

#include "data/base/error.h"
#include "engine/float/loops/loops.h"
#include "engine/kernels/add/add.h"
#include "engine/kernels/bytemap/map.h"
#include "engine/kernels/conv/int_conv.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// Leaves the process as it was.
struct Restore {
  ~Restore() {
    unsetenv("TRISEGMENT_ISA");
    set_isa("");
  }
};

// A kernel's table, and what it takes for a name. body(variant): what must differ.
template <class Variant>
void check_table(std::vector<const Variant*> table, auto take, auto body) {
  const Restore restore;
  REQUIRE(!table.empty());
  CHECK(table.back()->isa == Isa::scalar);
  CHECK(table.back()->runnable());
  std::set<decltype(body(*table[0]))> bodies;
  for (size_t i = 0; i < table.size(); ++i) {
    if (i > 0) CHECK(table[i]->isa > table[i - 1]->isa);  // best first, each once
    CHECK(bodies.insert(body(*table[i])).second);
  }
  for (const Isa isa : runnable_isas()) {
    CAPTURE(isa_name(isa));
    const auto best = std::ranges::find_if(
        table, [&](const Variant* v) { return v->isa >= isa && v->runnable(); });
    CHECK(&take(isa_name(isa)) == *best);
    set_isa(isa_name(isa));
    CHECK(&take("") == *best);
    set_isa("");
    CHECK(&take("") == &take(isa_name(runnable_isas().front())));
  }
}

template <class Variant>
std::vector<const Variant*> all_of(const std::vector<Variant>& variants, auto qualifies) {
  std::vector<const Variant*> some;
  for (const Variant& v : variants)
    if (qualifies(v)) some.push_back(&v);
  return some;
}

}  // namespace

TEST_CASE(
    "every variant of a kernel follows the process's choice, the best below it where it has none") {
  const auto run = [](const auto& v) { return v.run; };
  for (ConvKind kind : {ConvKind::int8, ConvKind::lut})
    check_table(
        all_of(conv_variants(), [&](const ConvVariant& v) { return v.kind == kind; }),
        [&](const char* isa) -> const ConvVariant& { return conv_variant(kind, isa); }, run);
  for (MapKind kind : {MapKind::table, MapKind::staircase})
    check_table(
        all_of(map_variants(), [&](const MapVariant& v) { return v.kind == kind; }),
        [&](const char* isa) -> const MapVariant& { return map_variant(kind, isa); }, run);
  const auto any = [](const auto&) { return true; };
  check_table(
      all_of(add_variants(), any),
      [](const char* isa) -> const AddVariant& { return add_variant(isa); }, run);
  check_table(
      all_of(loops_variants(), any),
      [](const char* isa) -> const LoopsVariant& { return loops_variant(isa); },
      [](const LoopsVariant& v) { return v.loops; });
}

TEST_CASE("the float loops that run are those of the process's choice, changed or not") {
  const Restore restore;
  for (const Isa isa : runnable_isas()) {
    set_isa(isa_name(isa));
    CHECK(chosen_isa() == isa);
    CHECK(&loops() == loops_variant(isa_name(isa)).loops);
  }
}

TEST_CASE("TRISEGMENT_ISA chooses where no option does") {
  const Restore restore;
  for (const Isa isa : runnable_isas()) {
    setenv("TRISEGMENT_ISA", isa_name(isa), 1);
    set_isa("");
    CHECK(chosen_isa() == isa);
    set_isa("scalar");
    CHECK(chosen_isa() == Isa::scalar);
  }
  setenv("TRISEGMENT_ISA", "", 1);
  set_isa("");
  CHECK(chosen_isa() == runnable_isas().front());
}

TEST_CASE("an unknown instruction set is refused by name and source, and changes nothing") {
  const Restore restore;
  set_isa("scalar");
  CHECK_THROWS_WITH_AS(set_isa("z80"),
                       "unknown instruction set 'z80' (option --isa): expected one of amx, avx512, "
                       "avx2, dotprod, neon, scalar",
                       Error);
  setenv("TRISEGMENT_ISA", "6502", 1);
  CHECK_THROWS_WITH_AS(set_isa(""),
                       doctest::Contains("'6502' (environment variable TRISEGMENT_ISA)"), Error);
  CHECK(chosen_isa() == Isa::scalar);
  CHECK_THROWS_AS(conv_variant(ConvKind::int8, "z80"), Error);
}

TEST_CASE("an instruction set that this CPU lacks is refused" *
          doctest::skip(runnable_isas().size() == 4) *
          doctest::description("needs a CPU without AMX")) {
  CHECK_THROWS_WITH_AS(isa_of("amx"),
                       doctest::Contains("this CPU cannot run the instruction set 'amx'"), Error);
}
