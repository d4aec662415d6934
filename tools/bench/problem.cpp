#include "tools/bench/problem.h"

#include <algorithm>

#include "data/base/rng.h"
#include "engine/integer/int_net.h"
#include "engine/integer/observers.h"

namespace tri {
namespace {

// Which layers have a kernel of this kind, given the staircases of the net (by tap); for each of
// them use(layer, tap), tap being the one its input comes from, -1 for the picture.
void for_each_layer(const std::vector<Layer>& layers, ConvKind kind,
                    const std::vector<bool>& staircases, auto use) {
  int tap = -1;
  bool coded = false;
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer& l = layers[i];
    if (l.kind == Kind::avg_pool) coded = false;
    if (!l.has_weights()) continue;
    if (kind == ConvKind::int8 || (coded && l.kind == Kind::conv)) use(i, tap);
    if (l.activated) coded = staircases[size_t(++tap)];
  }
}

double share_of_zeros(const Buffer<uint8_t>& codes) {
  return double(std::ranges::count(codes, 0)) / double(codes.size());
}

void fill_bytes(Buffer<uint8_t>& bytes, Rng& rng) {
  for (uint8_t& x : bytes) x = uint8_t(rng.below(kLargest + 1));
}

// From the values [n][shape] behind a staircase to the codes that layer `to` reads: the pools in
// between take the largest.
Buffer<uint8_t> codes_for(const std::vector<Layer>& layers, size_t to, const TriSegment& f,
                          const std::vector<uint8_t>& values, int n) {
  Buffer<uint8_t> x(values.size());
  for (size_t i = 0; i < values.size(); ++i) x[i] = values[i] == 0 ? 0 : values[i] == f.v2 ? 2 : 1;
  size_t from = to;
  while (layers[from - 1].kind == Kind::max_pool || layers[from - 1].kind == Kind::dropout) --from;
  for (; from < to; ++from) {
    const Layer& l = layers[from];
    if (l.kind == Kind::dropout) continue;
    Buffer<uint8_t> y(size_t(n) * l.output.size());
    for (size_t at = 0; at < y.size(); ++at) {
      const int c = int(at % l.output.c), ow = int(at / l.output.c % l.output.w);
      const int row = int(at / l.output.c / l.output.w), oh = row % l.output.h;
      for (int i = 0; i < l.kernel; ++i)
        for (int j = 0; j < l.kernel; ++j) {
          const int h = oh * l.stride + i - l.pad, w = ow * l.stride + j - l.pad;
          if (h < 0 || w < 0 || h >= l.in.h || w >= l.in.w) continue;
          const size_t pixel = (size_t(row / l.output.h) * l.in.h + h) * l.in.w + w;
          y[at] = std::max(y[at], x[pixel * l.in.c + c]);
        }
    }
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
    net.forward(pixels, n, logits.data(), workspace, &staircases, &recorder);
  }
  Rng rng(1);
  std::vector<Problem> problems;
  for_each_layer(model.layers, kind, coded, [&](size_t i, int tap) {
    const QuantLayer& q = model.quant[i];
    Problem p(model.layers[i], kind, n);
    p.weights = q.weights, p.bias = q.bias;
    if (kind == ConvKind::lut) {
      p.input = codes_for(model.layers, i, *model.staircases[tap], recorder.values(tap), n);
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
