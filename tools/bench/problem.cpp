#include "tools/bench/problem.h"

#include <algorithm>

#include "data/base/rng.h"
#include "engine/integer/int_net.h"
#include "engine/integer/observers.h"
#include "engine/integer/pool.h"

namespace tri {
namespace {

// Calls use(row, tap) for the rows that have a kernel of this kind, given which taps have
// staircases; tap: whose codes the row reads, -1 where it reads others.
void for_each_layer(const std::vector<Layer>& layers, ConvKind kind,
                    const std::vector<bool>& staircases, auto use) {
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer& l = layers[i];
    if (!l.has_weights()) continue;
    const int tap = l.reads.front().tap;
    const bool coded = tap >= 0 && staircases[size_t(tap)];
    if (kind == ConvKind::int8 || (coded && l.kind == Kind::conv)) use(i, tap);
  }
}

// oneDNN takes sums to floats before it adds the bias. With one no larger than this they stay below
// 2^24, up to which floats hold them exactly.
constexpr int32_t kMostBias = 1 << 22;

double share_of_zeros(const Buffer<uint8_t>& codes) {
  return double(std::ranges::count(codes, 0)) / double(codes.size());
}

void fill_bytes(Buffer<uint8_t>& bytes, Rng& rng) {
  for (uint8_t& x : bytes) x = uint8_t(rng.below(kLargest + 1));
}

// From the values [n][shape] behind a staircase to the codes that a row reads: the pools in between
// take the largest.
Buffer<uint8_t> codes_for(const std::vector<Layer>& layers, const Layer& reader,
                          const TriSegment& f, const std::vector<uint8_t>& values, int n) {
  Buffer<uint8_t> x(values.size());
  for (size_t i = 0; i < values.size(); ++i) x[i] = values[i] == 0 ? 0 : values[i] == f.v2 ? 2 : 1;
  for (const int pool : reader.reads.front().pools) {
    const Layer& l = layers[size_t(pool)];
    Buffer<uint8_t> y(size_t(n) * l.output.size());
    max_pool(l, x.data(), n, y.data());
    x = std::move(y);
  }
  return x;
}

}  // namespace

Buffer<uint8_t> Problem::values() const {
  Buffer<uint8_t> v = input;
  if (kind == ConvKind::lut)
    for (uint8_t& x : v) x = x == 0 ? 0 : x == 1 ? kV1 : kV2;
  return v;
}

std::vector<Problem> random_problems(const std::vector<Layer>& layers, ConvKind kind, double zeros,
                                     int n) {
  Rng rng(1);
  std::vector<Problem> problems;
  const std::vector<bool> all(layers.size(), true);
  for_each_layer(layers, kind, all, [&](size_t i, int) {
    const Layer& l = layers[i];
    Problem p(l, kind, n);
    // As training leaves them: normal, the largest of a few thousand at the end of the range.
    for (size_t w = 0; w < l.weights(); ++w)
      p.weights.push_back(int8_t(std::clamp(round_code(float(32 * rng.normal())), -127.f, 127.f)));
    for (int k = 0; k < l.output.c; ++k) p.bias.push_back(rng.below(2001) - 1000);
    p.input.resize(size_t(n) * l.in.size());
    if (kind == ConvKind::int8) {
      fill_bytes(p.input, rng);
    } else {
      for (uint8_t& code : p.input) {
        const double u = rng.uniform();
        code = u < zeros ? 0 : u < zeros + 0.75 * (1 - zeros) ? 1 : 2;
      }
    }
    p.zeros = share_of_zeros(p.input);
    problems.push_back(std::move(p));
  });
  return problems;
}

std::vector<Problem> real_problems(const Model& model, ConvKind kind, const uint8_t* pixels,
                                   int n) {
  std::vector<int> taps;
  std::vector<bool> coded(size_t(model.taps()), false);
  for (size_t tap = 0; tap < model.staircases.size(); ++tap) {
    taps.push_back(int(tap));
    coded[tap] = model.staircases[tap].has_value();
  }
  ActivationRecorder recorder(taps);
  if (kind == ConvKind::lut) {
    const IntNet net(model);
    const Staircases staircases(model, model.staircases);
    std::vector<int32_t> logits(size_t(n) * model.layers.back().output.c);
    Workspace workspace;
    net.forward({.staircases = &staircases, .observer = &recorder}, pixels, n, logits.data(),
                workspace);
  }
  Rng rng(1);
  std::vector<Problem> problems;
  for_each_layer(model.layers, kind, coded, [&](size_t i, int tap) {
    const QuantLayer& q = model.quant[i];
    Problem p(model.layers[i], kind, n);
    p.weights = q.weights, p.bias = q.bias;
    for (int32_t& b : p.bias) b = std::clamp(b, -kMostBias, kMostBias);
    if (kind == ConvKind::lut) {
      p.input =
          codes_for(model.layers, model.layers[i], *model.staircases[tap], recorder.values(tap), n);
    } else {
      p.input.resize(size_t(n) * p.layer.in.size());
      fill_bytes(p.input, rng);
    }
    p.zeros = share_of_zeros(p.input);
    problems.push_back(std::move(p));
  });
  return problems;
}

}  // namespace tri
