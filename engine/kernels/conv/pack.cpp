// Weights put into the order that each variant reads them in: see layout.h for the orders.
#include <algorithm>
#include <span>
#include <vector>

#include "data/base/check.h"
#include "engine/kernels/conv/layout.h"
#include "engine/kernels/conv/variants.h"

namespace tri {
namespace {

void check_range(const Layer& layer) {
  CHECK(layer.has_weights());
  CHECK(int64_t(layer.rows()) * 128 * kCodeMax <= INT32_MAX);  // sums fit their 32 bits
}

PackedConv pack_depthwise_avx2(const Layer& l, const int8_t* weights) {
  const int K = l.output.c, positions = l.kernel * l.kernel, pairs = (positions + 1) / 2;
  PackedConv p;
  p.layer = l;
  p.weights.resize(size_t(round_up(K, 16)) * pairs * 2);
  for (int t = 0; t < positions; ++t)
    for (int k = 0; k < K; ++k)
      p.weights[((size_t(k / 16) * pairs + t / 2) * 16 + k % 16) * 2 + t % 2] = weights[t * K + k];
  return p;
}

PackedConv pack_depthwise_avx512(const Layer& l, const int8_t* weights) {
  const int K = l.output.c, positions = l.kernel * l.kernel, quads = (positions + 3) / 4;
  PackedConv p;
  p.layer = l;
  p.weights.resize(size_t(round_up(K, 64)) * quads * 4);
  for (int t = 0; t < positions; ++t)
    for (int k = 0; k < K; ++k) {
      const size_t registers = ((size_t(k / 64) * quads + t / 4) * 4 + k % 16 / 4) * 64;
      p.weights[registers + size_t(k % 64 / 16 * 16 + k % 4 * 4 + t % 4)] = weights[t * K + k];
    }
  return p;
}

// [position][K rounded up to 16]
Buffer<int32_t> position_sums(const Layer& l, const int8_t* weights) {
  const int C = l.in.c, K = l.output.c, positions = l.kernel * l.kernel, K16 = round_up(K, 16);
  Buffer<int32_t> sums(size_t(K16) * positions);
  for (int t = 0; t < positions; ++t)
    for (int c = 0; c < C; ++c)
      for (int k = 0; k < K; ++k, ++weights) sums[size_t(t) * K16 + k] += *weights;
  return sums;
}

// Takes of weights as much as can be added in 16 bits, whatever their codes are.
class Room {
 public:
  int8_t take(int& weight) {
    const int part = std::clamp(weight, -negative_, positive_);
    (part > 0 ? positive_ : negative_) -= std::abs(part);
    weight -= part;
    return int8_t(part);
  }

 private:
  int positive_ = INT16_MAX / kCodeMax, negative_ = -INT16_MIN / kCodeMax;
};

// Channels c % 2 of a quad are multiplied at once, of `together` channels c are added in 16 bits.
PackedConv pack_together(const Layer& l, const int8_t* weights, int together) {
  const int C = l.in.c, K = l.output.c, positions = l.kernel * l.kernel;
  const int C4 = round_up(C, 4), K16 = round_up(K, 16);
  PackedConv p;
  p.layer = l;
  p.together = together;
  p.weights.resize(size_t(K16) * positions * C4);
  std::vector<int8_t> excess;
  int8_t* to = p.weights.data();
  for (int block = 0; block < K16; block += 16)
    for (int t = 0; t < positions; ++t) {
      p.excess.begin.push_back(int32_t(p.excess.places.size()));
      for (int c = 0; c < C4; c += together, to += 16 * together) {
        int left[8][16] = {};  // [c][k]
        for (int i = 0; i < together && c + i < C; ++i)
          for (int k = 0; k < 16 && block + k < K; ++k)
            left[i][k] = weights[(size_t(t) * C + c + i) * K + block + k];
        for (int k = 0; k < 16; ++k)
          for (const int pair : {0, 2}) {
            Room room;  // what does not fit is of the first quad, where it can be
            for (int i = together - 4 + pair; i >= 0; i -= 4)
              for (const int c4 : {i, i + 1})
                to[c4 / 4 * 64 + k * 4 + c4 % 4] = room.take(left[c4][k]);
          }
        for (int quad = 0; quad < together; quad += 4) {
          const auto rest = std::span(&left[quad][0], 4 * 16);
          while (std::ranges::any_of(rest, [](int w) { return w != 0; })) {
            p.excess.places.push_back((t / l.kernel * l.in.w + t % l.kernel) * C4 + c + quad);
            for (int k = 0; k < 16; ++k)
              for (int i = quad; i < quad + 4; i += 2) {
                Room room;
                excess.push_back(room.take(left[i][k]));
                excess.push_back(room.take(left[i + 1][k]));
              }
          }
        }
      }
    }
  p.excess.begin.push_back(int32_t(p.excess.places.size()));
  p.excess.weights.resize(excess.size());
  std::ranges::copy(excess, p.excess.weights.begin());
  return p;
}

bool winograd_fits(const Layer& l) {
  return l.kernel == 3 && l.stride == 1 && l.pad == 1 && l.in.c % 16 == 0 &&
         int64_t(l.rows()) * 128 * kCodeMax < 1 << 29;  // four times a sum fits 32 bits
}

PackedConv pack_winograd(const Layer& l, const int8_t* weights) {
  const int C = l.in.c, K = l.output.c, blocks = (K + 15) / 16;
  PackedConv p;
  p.layer = l;
  p.transformed.resize(size_t(blocks) * 16 * 16 * C);
  const auto transform = [](int a, int b, int c, int* to, int step) {  // G (a b c)'
    to[0] = 2 * a, to[step] = a + b + c, to[2 * step] = a - b + c, to[3 * step] = 2 * c;
  };
#pragma omp parallel for
  for (int block = 0; block < blocks; ++block) {
    int16_t* to = p.transformed.data() + size_t(block) * 16 * 16 * C;
    for (int c = 0; c < C; ++c)
      for (int k = 16 * block; k < std::min(K, 16 * block + 16); ++k) {
        int t[12], u[16];
        for (int j = 0; j < 3; ++j) {
          const auto g = [&](int i) { return weights[(size_t(3 * i + j) * C + c) * K + k]; };
          transform(g(0), g(1), g(2), t + j, 3);
        }
        for (int i = 0; i < 4; ++i) transform(t[3 * i], t[3 * i + 1], t[3 * i + 2], u + 4 * i, 1);
        for (int point = 0; point < 16; ++point)
          to[(point * C + c / 2 * 2) * 16 + k % 16 * 2 + c % 2] = int16_t(u[point]);
      }
  }
  return p;
}

// The weights that codes can pick for a 16-bit sum, at their worst: all positive or all negative.
struct Extremes {
  std::vector<int> most, least;  // [k]
  explicit Extremes(int K) : most(size_t(K)), least(size_t(K)) {}

  void add(const int8_t* weights) {  // [k]
    for (size_t k = 0; k < most.size(); ++k)
      most[k] += std::max<int>(weights[k], 0), least[k] += std::min<int>(weights[k], 0);
  }
  void add(const Extremes& other) {
    for (size_t k = 0; k < most.size(); ++k) most[k] += other.most[k], least[k] += other.least[k];
  }
  bool fit_16_bits() const {
    return std::ranges::max(most) <= INT16_MAX && std::ranges::min(least) >= INT16_MIN;
  }
};

int lut_piece(const PackedConv& p, int i, int c) {
  return i / p.lut.kernel_rows * ((p.layer.in.c + p.lut.chunk - 1) / p.lut.chunk) + c / p.lut.chunk;
}

// One entry a piece.
std::vector<Extremes> piece_extremes(const PackedConv& p, const int8_t* weights) {
  const Layer& l = p.layer;
  const int C = l.in.c, K = l.output.c, positions = l.kernel * l.kernel;
  std::vector<Extremes> pieces(size_t(lut_piece(p, l.kernel - 1, C - 1)) + 1, Extremes(K));
  for (int t = 0; t < positions; ++t)
    for (int c = 0; c < C; ++c, weights += K)
      pieces[size_t(lut_piece(p, t / l.kernel, c))].add(weights);
  return pieces;
}

constexpr int kLutPiece = 50 << 10;  // bytes: about the L1 cache
constexpr int kLutRows = 40 << 10;   // where several rows of the kernel share it with their sums

PackedConv pack_lut(const Layer& l, const int8_t* weights, int R) {
  check_range(l);
  CHECK(l.kind == Kind::conv);
  const int C = l.in.c, K = l.output.c;
  PackedConv p;
  p.layer = l;

  // The largest pieces that can be summed in 16 bits and stay near the CPU.
  p.lut.chunk = C;
  while (p.lut.chunk > 16 && l.kernel * p.lut.chunk * kLutBlock > kLutPiece)
    p.lut.chunk = (p.lut.chunk + 1) / 2;
  p.lut.kernel_rows = std::clamp(kLutRows / (l.kernel * p.lut.chunk * kLutBlock), 1, l.kernel);
  std::vector<Extremes> pieces = piece_extremes(p, weights);
  while (!std::ranges::all_of(pieces, &Extremes::fit_16_bits)) {
    CHECK(p.lut.chunk > 1 || p.lut.kernel_rows > 1);
    int& halved = p.lut.kernel_rows > 1 ? p.lut.kernel_rows : p.lut.chunk;
    halved = (halved + 1) / 2;
    pieces = piece_extremes(p, weights);
  }

  p.lut.groups = {0};
  Extremes sum(K);
  for (int i = 0; i < int(pieces.size()); ++i) {
    Extremes next = sum;
    next.add(pieces[size_t(i)]);
    if (next.fit_16_bits()) {
      sum = next;
    } else {
      p.lut.groups.push_back(i);
      sum = pieces[size_t(i)];
    }
  }
  p.lut.groups.push_back(int(pieces.size()));

  const int piece_rows = lut_piece_rows(p);
  CHECK(piece_rows * 8 <= UINT16_MAX);  // lists hold them in 16 bits
  const size_t rows = pieces.size() * size_t(piece_rows);
  p.weights.resize(rows * size_t(round_up(K, R)));
  for (int i = 0; i < l.kernel; ++i)
    for (int j = 0; j < l.kernel; ++j)
      for (int c = 0; c < C; ++c) {
        const size_t row =
            size_t(lut_piece(p, i, c) * piece_rows +
                   (i % p.lut.kernel_rows * l.kernel + j) * p.lut.chunk + c % p.lut.chunk);
        for (int k = 0; k < K; ++k, ++weights) {
          const int first = k / kLutBlock * kLutBlock,
                    width = std::min(kLutBlock, round_up(K, R) - first);
          p.weights[rows * first + row * width + (k - first) / R * R + lut_column(k % R, R)] =
              *weights;
        }
      }
  return p;
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
  if (l.kind == Kind::depthwise) return pack_depthwise_avx2(l, weights);
  PackedConv best = pack_together(l, weights, 4);
  const auto take_if_better = [&](PackedConv other) {
    if (cost_int8_avx2(other, 0) < cost_int8_avx2(best, 0)) best = std::move(other);
  };
  if (round_up(l.in.c, 4) % 8 == 0) take_if_better(pack_together(l, weights, 8));
  best.position_sums = position_sums(l, weights);
  if (winograd_fits(l)) take_if_better(pack_winograd(l, weights));
  return best;
}

PackedConv pack_int8_avx512(const Layer& l, const int8_t* weights) {
  check_range(l);
  if (l.kind == Kind::depthwise) return pack_depthwise_avx512(l, weights);
  const int C = l.in.c, K = l.output.c, positions = l.kernel * l.kernel, C4 = round_up(C, 4);
  PackedConv p;
  p.layer = l;
  p.position_sums = position_sums(l, weights);
  p.weights.resize(size_t(round_up(K, 16)) * positions * C4);
  for (int t = 0; t < positions; ++t)
    for (int c = 0; c < C; ++c)
      for (int k = 0; k < K; ++k, ++weights) {
        const size_t quad = (size_t(k / 16) * positions + t) * (C4 / 4) + c / 4;
        p.weights[quad * 64 + size_t(k % 16 * 4 + c % 4)] = *weights;
      }
  return p;
}

PackedConv pack_int8_amx(const Layer& l, const int8_t* weights) {
  check_range(l);
  if (l.kind == Kind::depthwise) return pack_depthwise_avx512(l, weights);
  const int K = l.output.c, rows = l.rows(), quads = round_up(rows, 64) / 4;
  PackedConv p;
  p.layer = l;
  p.weights.resize(size_t(round_up(K, 16)) * quads * 4);
  for (int r = 0; r < rows; ++r)
    for (int k = 0; k < K; ++k, ++weights)
      p.weights[(size_t(k / 16) * quads + r / 4) * 64 + size_t(k % 16 * 4 + r % 4)] = *weights;
  return p;
}

PackedConv pack_int8_neon(const Layer& l, const int8_t* weights) {
  return l.kind == Kind::depthwise ? pack_scalar(l, weights) : pack_int8_avx512(l, weights);
}

PackedConv pack_lut_neon(const Layer& layer, const int8_t* weights) {
  return pack_lut(layer, weights, 32);
}

PackedConv pack_lut_avx2(const Layer& layer, const int8_t* weights) {
  return pack_lut(layer, weights, 32);
}

PackedConv pack_lut_avx512(const Layer& layer, const int8_t* weights) {
  return pack_lut(layer, weights, 64);
}

}  // namespace tri
