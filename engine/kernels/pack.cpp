// Weights put into the order that each variant reads them in: see variants.h for the orders.
#include <algorithm>
#include <vector>

#include "engine/check.h"
#include "engine/kernels/variants.h"

namespace tri {
namespace {

void check_range(const Layer& layer) {
  CHECK(layer.has_weights());
  CHECK(int64_t(layer.rows()) * 128 * kCodeMax <= INT32_MAX);  // sums fit their 32 bits
}

PackedConv pack_depthwise(const Layer& l, const int8_t* weights) {
  const int K = l.output.c, taps = l.kernel * l.kernel, pairs = (taps + 1) / 2;
  PackedConv p;
  p.layer = l;
  p.weights.resize(size_t(round_up(K, 16)) * pairs * 2);
  for (int t = 0; t < taps; ++t)
    for (int k = 0; k < K; ++k)
      p.weights[((size_t(k / 16) * pairs + t / 2) * 16 + k % 16) * 2 + t % 2] = weights[t * K + k];
  return p;
}

// The weights that codes can pick for a 16-bit sum, at their worst: all positive or all negative.
struct Extremes {
  std::vector<int> most, least;  // [k]
  explicit Extremes(int K) : most(size_t(K)), least(size_t(K)) {}

  void add(int k, int weight) { (weight > 0 ? most : least)[size_t(k)] += weight; }
  void add(const Extremes& other) {
    for (size_t k = 0; k < most.size(); ++k) most[k] += other.most[k], least[k] += other.least[k];
  }
  bool fit_16_bits() const {
    return std::ranges::max(most) <= INT16_MAX && std::ranges::min(least) >= INT16_MIN;
  }
};

// One entry a piece.
std::vector<Extremes> piece_extremes(const Layer& l, int chunk, const int8_t* weights) {
  const int C = l.in.c, K = l.output.c, chunks = (C + chunk - 1) / chunk;
  std::vector<Extremes> pieces(size_t(l.kernel * chunks), Extremes(K));
  for (int tap = 0; tap < l.kernel * l.kernel; ++tap)
    for (int c = 0; c < C; ++c)
      for (int k = 0; k < K; ++k, ++weights)
        pieces[size_t(tap / l.kernel * chunks + c / chunk)].add(k, *weights);
  return pieces;
}

}  // namespace

PackedConv pack_scalar(const Layer& layer, const int8_t* weights) {
  check_range(layer);
  PackedConv p;
  p.layer = layer;
  p.weights.assign(weights, weights + layer.weights());
  return p;
}

PackedConv pack_int8_avx2(const Layer& l, const int8_t* weights) {
  check_range(l);
  if (l.kind == Kind::depthwise) return pack_depthwise(l, weights);
  const int C = l.in.c, K = l.output.c, taps = l.kernel * l.kernel;
  const int C4 = round_up(C, 4), K16 = round_up(K, 16);
  PackedConv p;
  p.layer = l;
  p.weights.resize(size_t(K16) * taps * C4);
  p.sums.resize(size_t(K16) * taps);
  for (int t = 0; t < taps; ++t)
    for (int c = 0; c < C; ++c)
      for (int k = 0; k < K; ++k) {
        const int8_t w = weights[(size_t(t) * C + c) * K + k];
        const size_t quad = (size_t(k / 16) * taps + t) * (C4 / 4) + c / 4;
        p.weights[quad * 64 + size_t(c % 2 * 32 + k % 16 * 2 + c / 2 % 2)] = w;
        p.sums[size_t(t) * K16 + k] += w;
      }
  return p;
}

PackedConv pack_lut_avx2(const Layer& l, const int8_t* weights) {
  check_range(l);
  CHECK(l.kind == Kind::conv);
  const int C = l.in.c, K = l.output.c;
  PackedConv p;
  p.layer = l;

  // The largest chunk that lets every piece be summed in 16 bits, and positions w * chunk + c be
  // held in as many.
  p.chunk = std::min(C, 65536 / l.in.w);
  std::vector<Extremes> pieces = piece_extremes(l, p.chunk, weights);
  while (!std::ranges::all_of(pieces, &Extremes::fit_16_bits)) {
    CHECK(p.chunk > 1);
    p.chunk = (p.chunk + 1) / 2;
    pieces = piece_extremes(l, p.chunk, weights);
  }

  p.groups = {0};
  Extremes sum(K);
  for (int i = 0; i < int(pieces.size()); ++i) {
    Extremes next = sum;
    next.add(pieces[size_t(i)]);
    if (next.fit_16_bits()) {
      sum = next;
    } else {
      p.groups.push_back(i);
      sum = pieces[size_t(i)];
    }
  }
  p.groups.push_back(int(pieces.size()));

  const size_t rows = pieces.size() * size_t(l.kernel * p.chunk);
  p.weights.resize(rows * size_t(round_up(K, 32)));
  const int chunks = int(pieces.size()) / l.kernel;
  for (int i = 0; i < l.kernel; ++i)
    for (int j = 0; j < l.kernel; ++j)
      for (int c = 0; c < C; ++c) {
        const int piece = i * chunks + c / p.chunk;
        const size_t row = (size_t(piece) * l.kernel + j) * p.chunk + c % p.chunk;
        for (int k = 0; k < K; ++k, ++weights) {
          const int first = k / kLutBlock * kLutBlock;
          const int width = std::min(kLutBlock, round_up(K, 32) - first);
          p.weights[rows * first + row * width + (k - first) / 32 * 32 + lut_column(k % 32)] =
              *weights;
        }
      }
  return p;
}

}  // namespace tri
