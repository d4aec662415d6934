#include <algorithm>
#include <chrono>

#include "engine/kernels/dispatch/cpu.h"
#include "tools/bench/peers.h"

#ifdef __x86_64__
#include <immintrin.h>

namespace tri {
namespace {

// Sums in flight: more than the latency of an instruction times how many start in a cycle.
constexpr int kSums = 13;
constexpr int kSteps = 1'000'000;

// Both return what depends on all sums, and do kSteps * kSums * (32 or 64) multiplications.
__attribute__((target("avx2"))) int dot_avx2() {
  __m256i sums[kSums], x = _mm256_set1_epi8(3);
  const __m256i ones = _mm256_set1_epi16(1);
  for (__m256i& s : sums) s = _mm256_setzero_si256();
  for (int i = 0; i < kSteps; ++i) {
    asm volatile("" : "+x"(x));
    for (__m256i& s : sums)
      s = _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(x, s), ones));
  }
  for (int i = 1; i < kSums; ++i) sums[0] = _mm256_add_epi32(sums[0], sums[i]);
  return _mm256_extract_epi32(sums[0], 0);
}

__attribute__((target("avx512f,avx512vnni"))) int dpbusd_avx512() {
  __m512i sums[kSums], x = _mm512_set1_epi8(3);
  for (__m512i& s : sums) s = _mm512_setzero_si512();
  for (int i = 0; i < kSteps; ++i) {
    asm volatile("" : "+v"(x));
    for (__m512i& s : sums) s = _mm512_dpbusd_epi32(s, x, x);
  }
  for (int i = 1; i < kSums; ++i) sums[0] = _mm512_add_epi32(sums[0], sums[i]);
  return _mm512_cvtsi512_si32(sums[0]);
}

// The products of tiles, of which four are summed in turns.
__attribute__((target("amx-tile,amx-int8"))) int dpbusd_amx() {
  alignas(64) uint8_t config[64] = {1};
  for (int tile = 0; tile < 8; ++tile) config[16 + 2 * tile] = 64, config[48 + tile] = 16;
  asm volatile("" ::"r"(config) : "memory");  // all of it: the intrinsic names 8 bytes
  _tile_loadconfig(config);
  for (int i = 0; i < kSteps / 8; ++i) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 5, 6);
    _tile_dpbusd(2, 4, 7);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_release();
  return 0;
}

}  // namespace

double peak_gmacs(const std::string& isa, int threads) {
  const bool amx = isa == "amx" && cpu_has_amx();
  const bool vnni = isa == "avx512" && __builtin_cpu_supports("avx512vnni");
  if (!vnni && !__builtin_cpu_supports("avx2")) return 0;
  const double products =
      amx ? kSteps / 8 * 4 * 16384.0 : double(kSteps) * kSums * (vnni ? 64 : 32);
  double best = 0;
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
#pragma omp parallel num_threads(threads)
    {
      volatile int result = amx ? dpbusd_amx() : vnni ? dpbusd_avx512() : dot_avx2();
      (void)result;
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, threads * products / seconds.count());
  }
  return best / 1e9;
}

}  // namespace tri

#else
namespace tri {
double peak_gmacs(const std::string&, int) { return 0; }
}  // namespace tri
#endif
