// Instruction sets (ISAs): those that kernels are written for, and the one that a process uses.
// Which body of a kernel that means is left to choose().
//
// All kernels follow one choice. A kernel without a body for it takes the best of those below, so a
// table of variants names an ISA only where it has a body for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tri {

// Best first, of x86 and of Arm.
enum class Isa : uint8_t { amx, avx512, avx2, dotprod, neon, scalar };

const char* isa_name(Isa isa);  // as --isa and TRISEGMENT_ISA call it
// Those that this CPU runs, best first.
std::vector<Isa> runnable_isas();

// What this process uses from now on: the ISA of that name; where it is empty, the one that the
// environment variable TRISEGMENT_ISA names; else the best that this CPU runs. Programs call it
// once, with their option --isa, before any work. Throws Error when the name is unknown or this CPU
// cannot run it.
void set_isa(const std::string& name);
// What set_isa() chose, or would choose for an empty name.
Isa chosen_isa();

// The ISA of that name, for those who compare several; chosen_isa() where it is empty. Throws as
// set_isa() does.
Isa isa_of(const std::string& name);

}  // namespace tri
