#include "engine/integer/int_net.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "data/base/check.h"
#include "data/base/file.h"
#include "engine/arithmetic/quant.h"
#include "engine/integer/chunk_forward.h"

namespace tri {
namespace {

// Pictures that go through the net together: few enough that an activation and its successor stay
// in the cache, enough that a layer's weights are read once for many pixels.
constexpr int kChunk = 32;

constexpr double kNever = 2;  // no share of zeros is that large

// The share of zeros from which the lut kernel costs less than int8; both costs are linear.
double break_even(const ConvVariant& int8, const PackedConv& int8_conv, const ConvVariant& lut,
                  const PackedConv& lut_conv) {
  const auto gain = [&](double zeros) {
    return int8.cost(int8_conv, zeros) - lut.cost(lut_conv, zeros);
  };
  const double none = gain(0), all = gain(1);
  return none >= 0 ? 0 : all <= 0 ? kNever : none / (none - all);
}

// auto, int8 or lut.
std::string chosen_kernel(const std::string& option) {
  const char* variable = std::getenv("TRISEGMENT_KERNEL");
  const std::string kernel = !option.empty() ? option : variable ? variable : "auto";
  if (kernel != "auto" && kernel != "int8" && kernel != "lut")
    throw Error("unknown kernel '" + kernel + "' (" +
                (!option.empty() ? "option" : "environment variable TRISEGMENT_KERNEL") +
                "): expected auto, int8 or lut");
  return kernel;
}

}  // namespace

Staircases::Staircases(const Model& model, StaircaseSet staircases)
    : f(std::move(staircases)), t1(f.size()), t2(f.size()) {
  const std::vector<int> rows = model.tap_rows();
  CHECK(f.size() == rows.size());
  for (size_t tap = 0; tap < f.size(); ++tap) {
    if (!f[tap]) continue;
    CHECK(*f[tap] == f[tap]->ordered());
    const QuantLayer& q = model.quant[rows[tap]];
    for (size_t k = 0; k < q.m.size(); ++k) {
      t1[tap].push_back(largest_accumulator(f[tap]->t1, {q.m[k], q.shift[k]}));
      t2[tap].push_back(largest_accumulator(f[tap]->t2, {q.m[k], q.shift[k]}));
    }
  }
}

IntNet::IntNet(Model model, const std::string& isa, const std::string& coded, Rows runs)
    : model_(std::move(model)),
      runs_(runs),
      int8_(&conv_variant(ConvKind::int8, isa)),
      lut_(&conv_variant(ConvKind::lut, isa)),
      add_(&add_variant(isa)),
      plan_(plan_forward(model_.layers)),
      taps_(model_.tap_rows()) {
  require_network(model_.layers);
  const std::string kernel = chosen_kernel(coded);
  for (size_t i = 0; i < model_.layers.size(); ++i) {
    const Layer& l = model_.layers[i];
    const QuantLayer& q = model_.quant[i];
    Row& row = rows_.emplace_back();
    row.lut_from = kNever;
    row.pad_value = uint8_t(zero_point(model_.layers, l.reads.front().from));
    most_decoded_ = std::max({most_decoded_, l.in.size(), l.output.size()});
    if (!l.has_sums()) continue;
    most_sums_ = std::max(most_sums_, l.output.size());
    if (l.is_logits()) logits_ = l.output.size();
    if (l.kind == Kind::add || int(i) < runs.first || int(i) >= runs.end) continue;
    row.int8 = int8_->pack(l, q.weights.data());
    if (l.kind != Kind::conv || l.reads.front().tap < 0) continue;
    row.lut = lut_->pack(l, q.weights.data());
    if (kernel == "lut") row.lut_from = 0;
    if (kernel == "auto") row.lut_from = break_even(*int8_, row.int8, *lut_, row.lut);
  }
}

// Calls run(forward, first, count) for the pictures first, ..., first + count - 1.
template <class Run>
void IntNet::in_chunks(const Pass& pass, int n, Workspace& workspace, Run run) const {
  const int chunk = pass.calibrator ? n : kChunk;
  for (int first = 0; first < n; first += chunk) {
    const int count = std::min(chunk, n - first);
    run(ChunkForward(*this, pass, count, std::max(chunk, kChunk), workspace), first, count);
  }
}

void IntNet::forward(const Pass& pass, const uint8_t* x, int n, int32_t* logits,
                     Workspace& workspace) const {
  CHECK(pass.to < 0 && pass.until < 0);
  const size_t classes = size_t(model_.layers.back().output.c);
  in_chunks(pass, n, workspace, [&](ChunkForward forward, int first, int count) {
    forward.run(x + size_t(first) * forward.input_size(), nullptr);
    std::copy_n(workspace.sums.data(), size_t(count) * classes, logits + size_t(first) * classes);
  });
}

void IntNet::forward(const Pass& pass, const uint8_t* x, int n, uint8_t* codes,
                     Workspace& workspace) const {
  CHECK(pass.to > pass.from && pass.until < 0);
  const size_t size = model_.layers[size_t(taps_[size_t(pass.to)])].output.size();
  in_chunks(pass, n, workspace, [&](ChunkForward forward, int first, int) {
    forward.run(x + size_t(first) * forward.input_size(), codes + size_t(first) * size);
  });
}

void IntNet::forward(const Pass& pass, const uint8_t* x, int n, Workspace& workspace) const {
  CHECK(pass.to < 0 && pass.until >= 0);
  in_chunks(pass, n, workspace, [&](ChunkForward forward, int first, int) {
    forward.run(x + size_t(first) * forward.input_size(), nullptr);
  });
}

std::vector<int32_t> logits_of(const IntNet& net, const Dataset& data, const Pass& pass) {
  CHECK(data.size() == 0 || data.shape() == net.model().layers.front().in);
  std::vector<int32_t> logits(size_t(data.size()) * net.model().layers.back().output.c);
  Workspace workspace;
  net.forward(pass, data.pixels().data(), data.size(), logits.data(), workspace);
  return logits;
}

}  // namespace tri
