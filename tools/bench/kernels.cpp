#include <omp.h>

#include <algorithm>
#include <cmath>

#include "tools/bench/peers.h"

namespace tri {
namespace {

class Kernel : public Contestant {
 public:
  Kernel(const Problems& problems, ConvKind kind, const std::string& isa, int threads)
      : problems_(problems), variant_(conv_variant(kind, isa)) {
    omp_set_num_threads(threads);
  }
  std::string description() const override { return isa_name(variant_.isa); }

  std::optional<uint64_t> prepare(int problem) override {
    const Problem& p = problems_[size_t(problem)];
    conv_ = variant_.pack(p.layer, p.weights.data());
    x_ = variant_.kind == ConvKind::lut ? p.input : p.values();
    input_ = {.x = x_.data(), .n = p.n, .v1 = kV1, .v2 = kV2};
    sums_.resize(p.outputs());
    epilogue_ = {.kind = Epilogue::accumulators, .bias = p.bias.data()};
    run_into(sums_.data());
    const uint64_t hash = hash_of(sums_);
    if (p.layer.is_tap()) finish_like_a_net(p);
    return hash;
  }
  void run() override {
    run_into(epilogue_.kind == Epilogue::accumulators ? static_cast<void*>(sums_.data())
                                                      : y_.data());
  }

 private:
  void run_into(void* y) { variant_.run(conv_, input_, epilogue_, y); }

  // The epilogue of a hidden layer: a student's gives out as many zeros as came in.
  void finish_like_a_net(const Problem& p) {
    y_.resize(p.outputs());
    const size_t K = size_t(p.layer.output.c);
    std::vector<int32_t> sorted = sums_;
    const auto quantile = [&](double share) {
      const auto at = sorted.begin() + ptrdiff_t(share * double(sorted.size() - 1));
      std::nth_element(sorted.begin(), at, sorted.end());
      return *at;
    };
    if (variant_.kind == ConvKind::lut) {
      t1_.assign(K, quantile(p.zeros));
      t2_.assign(K, quantile(p.zeros + 0.75 * (1 - p.zeros)));
      epilogue_ = {
          .kind = Epilogue::staircase, .bias = p.bias.data(), .t1 = t1_.data(), .t2 = t2_.data()};
    } else {
      const Multiplier r = multiplier(255.0 / std::max(1, quantile(0.999)));
      m_.assign(K, r.m), shift_.assign(K, r.shift);
      epilogue_ = {.kind = Epilogue::requantize,
                   .bias = p.bias.data(),
                   .m = m_.data(),
                   .shift = shift_.data()};
    }
  }

  const Problems& problems_;
  const ConvVariant& variant_;
  PackedConv conv_;
  Buffer<uint8_t> x_, y_;
  ConvVariant::Input input_{};
  Epilogue epilogue_;
  std::vector<int32_t> sums_, m_, shift_, t1_, t2_;
};

}  // namespace

std::unique_ptr<Contestant> our_kernel(const Problems& problems, ConvKind kind,
                                       const std::string& isa, int threads) {
  return std::make_unique<Kernel>(problems, kind, isa, threads);
}

}  // namespace tri
