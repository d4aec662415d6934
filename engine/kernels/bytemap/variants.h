// The bodies that the table in map.cpp gathers: declarations alone.
#pragma once

#include "engine/kernels/bytemap/map.h"

namespace tri {

void map_table_scalar(const ByteMap&, const uint8_t* x, size_t n, uint8_t* y);  // staircases too
void map_table_avx2(const ByteMap&, const uint8_t* x, size_t n, uint8_t* y);
void map_staircase_avx2(const ByteMap&, const uint8_t* x, size_t n, uint8_t* y);
void map_table_avx512(const ByteMap&, const uint8_t* x, size_t n, uint8_t* y);
void map_staircase_avx512(const ByteMap&, const uint8_t* x, size_t n, uint8_t* y);

}  // namespace tri
