#include "engine/float/gemm.h"

#include <cblas.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <type_traits>

#include "data/base/error.h"
#include "engine/float/gemm_bf16.h"
#include "engine/kernels/dispatch/cpu.h"
#include "engine/kernels/dispatch/isa.h"

namespace tri {
namespace {

// Sets an environment variable while it lives: what programs start does not inherit it.
class Setting {
 public:
  Setting(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value, 1);
  }
  ~Setting() {
    if (before_)
      setenv(name_, before_->c_str(), 1);
    else
      unsetenv(name_);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

bool has_avx512() {
#ifdef __x86_64__
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

// Below that, packing costs more than it gains.
constexpr int kLeastForBf16 = 32;

// What is used of OpenBLAS. It is loaded by hand, since it reads its environment when it is loaded:
// on one thread, or it would start a thread a core at once, which some clusters forbid; and with
// the kernels of SkylakeX where the CPU has AVX-512, as Debian's OpenBLAS 0.3.21 takes recent AMD
// CPUs for a Haswell, at half the speed.
struct OpenBlas {
  decltype(&cblas_sgemm) sgemm;
  // LAPACK, by columns: what is an upper triangle by rows is a lower one to it.
  void (*spotrf)(const char* triangle, const int* n, float* a, const int* stride, int* info);
  void (*spotrs)(const char* triangle, const int* n, const int* count, const float* a,
                 const int* stride, float* b, const int* b_stride, int* info);

  OpenBlas() {
    const Setting threads("OPENBLAS_NUM_THREADS", "1");
    std::optional<Setting> kernels;
    if (has_avx512() && !std::getenv("OPENBLAS_CORETYPE"))
      kernels.emplace("OPENBLAS_CORETYPE", "SkylakeX");
    void* library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    const auto find = [&](auto& function, const char* name) {
      void* found = library ? dlsym(library, name) : nullptr;
      if (!found) {  // as where a library that a program is linked with is missing
        std::fprintf(stderr, "error: OpenBLAS cannot be loaded: %s: 'make deps' installs it\n",
                     dlerror());
        std::exit(1);
      }
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(found);
    };
    find(sgemm, "cblas_sgemm");
    find(spotrf, "spotrf_");
    find(spotrs, "spotrs_");
  }
};

// Before main, while there is one thread: the environment is no place for two.
const OpenBlas blas;

}  // namespace

bool has_bf16() {
#ifdef __x86_64__
  return cpu_has_avx512_bf16() && chosen_isa() <= Isa::avx512;
#else
  return false;
#endif
}

const char* precision_name(Precision precision) {
  return precision == Precision::bf16 ? "bf16" : "fp32";
}

Precision precision_of(const std::string& name) {
  if (name.empty()) return has_bf16() ? Precision::bf16 : Precision::fp32;
  for (const Precision p : {Precision::fp32, Precision::bf16}) {
    if (name != precision_name(p)) continue;
    if (p == Precision::bf16 && !has_bf16())
      throw Error("--precision bf16: this CPU, or the chosen ISA, has no products of bfloat16");
    return p;
  }
  throw Error("--precision " + name + ": expected fp32 or bf16");
}

void gemm(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride,
          Precision precision) {
#ifdef __x86_64__
  if (precision == Precision::bf16 && std::min({M, N, K}) >= kLeastForBf16)
    return (chosen_isa() == Isa::amx ? gemm_bf16_amx : gemm_bf16_avx512)(M, N, K, a, b, beta, c,
                                                                         stride);
#endif
  const auto order = [](Transpose t) { return t == Transpose::yes ? CblasTrans : CblasNoTrans; };
  blas.sgemm(CblasRowMajor, order(a.transpose), order(b.transpose), M, N, K, 1.0f, a.at, a.stride,
             b.at, b.stride, beta, c, stride);
}

void gemm(Transpose ta, Transpose tb, int M, int N, int K, const float* a, const float* b,
          float beta, float* c, Precision precision) {
  gemm(M, N, K, {a, ta == Transpose::yes ? M : K, ta}, {b, tb == Transpose::yes ? K : N, tb}, beta,
       c, N, precision);
}

bool cholesky(int n, float* a) {
  int info = 0;
  blas.spotrf("L", &n, a, &n, &info);
  return info == 0;
}

void cholesky_solve(int n, const float* a, int count, float* b) {
  int info = 0;
  blas.spotrs("L", &n, &count, a, &n, b, &n, &info);
}

}  // namespace tri
