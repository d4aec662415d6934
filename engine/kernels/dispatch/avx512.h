// <immintrin.h> without what g++ 12 says of it: its AVX-512 intrinsics start from a register that
// is undefined on purpose (GCC bug 105593).
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
