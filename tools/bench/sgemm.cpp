#include <cblas.h>
#include <dlfcn.h>

#include "engine/graph/window.h"
#include "tools/bench/peers.h"

namespace tri {
namespace {

// A function of the OpenBLAS that engine/float/gemm.cpp has loaded.
template <class Function>
Function openblas(const char* name) {
  return reinterpret_cast<Function>(dlsym(dlopen("libopenblas.so.0", RTLD_NOW), name));
}

class Sgemm : public Contestant {
 public:
  Sgemm(const Problems& problems, int threads) : problems_(problems) {
    openblas<decltype(&openblas_set_num_threads)>("openblas_set_num_threads")(threads);
  }
  std::string description() const override {
    return openblas<decltype(&openblas_get_corename)>("openblas_get_corename")();
  }
  bool takes(int problem) override { return problems_[size_t(problem)].layer.kind == Kind::conv; }

  // Integers below 2^24 are exact in floats, so the result compares like the others.
  std::optional<uint64_t> prepare(int problem) override {
    const Problem& p = problems_[size_t(problem)];
    M_ = p.n * p.layer.output.h * p.layer.output.w, N_ = p.layer.output.c, K_ = p.layer.rows();
    b_.assign(p.weights.begin(), p.weights.end());
    c_.resize(size_t(M_) * N_);
    gather(p);
    run();
    std::vector<int32_t> sums(c_.begin(), c_.end());
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += p.bias[i % size_t(N_)];
    return hash_of(sums);
  }
  void run() override {
    sgemm_(CblasRowMajor, CblasNoTrans, CblasNoTrans, M_, N_, K_, 1, a_.data(), K_, b_.data(), N_,
           0, c_.data(), N_);
  }

 private:
  // a: the patches of all output pixels, zeros outside the map.
  void gather(const Problem& p) {
    const Layer& l = p.layer;
    const Buffer<uint8_t> x = p.values();
    a_.assign(size_t(M_) * K_, 0);
    float* to = a_.data();
    for (int n = 0; n < p.n; ++n)
      for (int oh = 0; oh < l.output.h; ++oh)
        for (int ow = 0; ow < l.output.w; ++ow, to += K_)
          for_each_run(
              l, oh, ow,
              [&](int at, ptrdiff_t from, int count) {
                std::copy_n(x.data() + n * l.in.size() + from, count, to + at);
              },
              [](int, int) {});
  }

  const Problems& problems_;
  decltype(&cblas_sgemm) sgemm_ = openblas<decltype(&cblas_sgemm)>("cblas_sgemm");
  int M_ = 0, N_ = 0, K_ = 0;
  Buffer<float> a_, b_, c_;
};

}  // namespace

std::unique_ptr<Contestant> sgemm_peer(const Problems& problems, int threads) {
  return std::make_unique<Sgemm>(problems, threads);
}

}  // namespace tri
