#include "tools/bench/peers.h"

#if __has_include(<oneapi/dnnl/dnnl.hpp>)
#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

namespace tri {
namespace {

using dnnl::memory;
using Dims = memory::dims;
using Tag = memory::format_tag;
using Type = memory::data_type;

std::string isa_name(dnnl::cpu_isa isa) {
  switch (isa) {
    case dnnl::cpu_isa::sse41:
      return "sse41";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2_vnni";
    case dnnl::cpu_isa::avx512_core:
      return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    default:
      return "above avx512_core_vnni";
  }
}

class OneDnn : public Contestant {
 public:
  OneDnn(const Problems& problems, bool avx2, int threads) : problems_(problems) {
    omp_set_num_threads(threads);
    if (avx2) dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2);
    engine_ = dnnl::engine(dnnl::engine::kind::cpu, 0);
    stream_ = dnnl::stream(engine_);
  }
  std::string description() const override { return isa_name(dnnl::get_effective_cpu_isa()); }

  std::optional<uint64_t> prepare(int problem) override {
    const Problem& p = problems_[size_t(problem)];
    values_ = p.values();
    set_up(p, Type::s32);
    run();
    const auto* sums = static_cast<const int32_t*>(args_.at(DNNL_ARG_DST).get_data_handle());
    const uint64_t hash = hash_of({sums, p.outputs()});
    if (p.layer.is_tap()) set_up(p, Type::u8);
    return hash;
  }
  void run() override {
    conv_.execute(stream_, args_);
    stream_.wait();
  }

 private:
  // output: u8 codes, scaled and clamped, or s32 sums.
  void set_up(const Problem& p, Type output) {
    const Layer& l = p.layer;
    const bool depthwise = l.kind == Kind::depthwise;
    const auto pad_after = [&](int in, int out) {
      return Dims::value_type((out - 1) * l.stride + l.kernel - in - l.pad);
    };
    const Dims stride(2, l.stride), pad(2, l.pad);
    const Dims pad_right = {pad_after(l.in.h, l.output.h), pad_after(l.in.w, l.output.w)};
    const Dims filter = depthwise ? Dims{l.in.c, 1, 1, l.kernel, l.kernel}
                                  : Dims{l.output.c, l.in.c, l.kernel, l.kernel};
    const memory::desc x({p.n, l.in.c, l.in.h, l.in.w}, Type::u8, Tag::nhwc);
    const memory::desc y({p.n, l.output.c, l.output.h, l.output.w}, output, Tag::nhwc);
    const memory::desc bias({l.output.c}, Type::s32, Tag::x);
    dnnl::primitive_attr attributes;
    if (output == Type::u8) {
      attributes.set_output_scales(1 << 1, std::vector<float>(size_t(l.output.c), 0.01f));
      dnnl::post_ops relu;
      relu.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
      attributes.set_post_ops(relu);
    }
    const dnnl::convolution_forward::primitive_desc conv(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto, x,
         memory::desc(filter, Type::s8, Tag::any), bias, y, stride, pad, pad_right},
        attributes, engine_);

    const memory::desc plain(filter, Type::s8, depthwise ? Tag::hwigo : Tag::hwio);
    memory ours(plain, engine_, const_cast<int8_t*>(p.weights.data()));
    memory weights(conv.weights_desc(), engine_);
    dnnl::reorder(ours, weights).execute(stream_, ours, weights);
    stream_.wait();
    args_ = {{DNNL_ARG_SRC, memory(x, engine_, values_.data())},
             {DNNL_ARG_WEIGHTS, weights},
             {DNNL_ARG_BIAS, memory(bias, engine_, const_cast<int32_t*>(p.bias.data()))},
             {DNNL_ARG_DST, memory(y, engine_)}};
    conv_ = dnnl::convolution_forward(conv);
  }

  const Problems& problems_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::convolution_forward conv_;
  std::unordered_map<int, memory> args_;
  Buffer<uint8_t> values_;
};

}  // namespace

bool has_onednn() { return true; }
std::unique_ptr<Contestant> onednn_peer(const Problems& problems, bool avx2, int threads) {
  return std::make_unique<OneDnn>(problems, avx2, threads);
}

}  // namespace tri

#else
namespace tri {

bool has_onednn() { return false; }
std::unique_ptr<Contestant> onednn_peer(const Problems&, bool, int) { return nullptr; }

}  // namespace tri
#endif
