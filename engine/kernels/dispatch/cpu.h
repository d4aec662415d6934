// Which instruction sets this CPU runs, by the objects that the Makefile compiles for them.
#pragma once

namespace tri {

bool cpu_has_avx2();         // *_avx2: AVX2, FMA and BMI
bool cpu_has_avx512();       // *_avx512: F, BW, VL, DQ and VNNI
bool cpu_has_avx512_vbmi();  // the same and VBMI
bool cpu_has_avx512_bf16();  // the same as avx512 and BF16
bool cpu_has_amx();          // *_amx: VBMI and BF16, AMX's tiles, and its products of both

bool cpu_has_neon();     // *_neon: every Arm CPU of 64 bits
bool cpu_has_dotprod();  // *_dotprod: NEON and Armv8.2's dot products

}  // namespace tri
