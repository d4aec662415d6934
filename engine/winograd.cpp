#include "engine/winograd.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/check.h"
#include "engine/gemm.h"

namespace tri {
namespace {

constexpr int kLanes = 16;
typedef float Vec __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

template <int R, int S>
struct Matrix {
  float m[R][S];
  constexpr Matrix<S, R> transposed() const {
    Matrix<S, R> t{};
    for (int r = 0; r < R; ++r)
      for (int s = 0; s < S; ++s) t.m[s][r] = m[r][s];
    return t;
  }
};

// The transforms of F(M x M, 3 x 3).
template <int M>
struct Filtering;

template <>
struct Filtering<2> {
  static constexpr Matrix<4, 4> Bt{{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}};
  static constexpr Matrix<4, 3> G{{{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}}};
  static constexpr Matrix<2, 4> At{{{1, 1, 1, 0}, {0, 1, -1, -1}}};
};

template <>
struct Filtering<4> {
  static constexpr Matrix<6, 6> Bt{{{4, 0, -5, 0, 1, 0},
                                    {0, -4, -4, 1, 1, 0},
                                    {0, 4, -4, -1, 1, 0},
                                    {0, -2, -1, 2, 1, 0},
                                    {0, 2, -1, -2, 1, 0},
                                    {0, 4, 0, -5, 0, 1}}};
  static constexpr Matrix<6, 3> G{{{1 / 4.f, 0, 0},
                                   {-1 / 6.f, -1 / 6.f, -1 / 6.f},
                                   {-1 / 6.f, 1 / 6.f, -1 / 6.f},
                                   {1 / 24.f, 1 / 12.f, 1 / 6.f},
                                   {1 / 24.f, -1 / 12.f, 1 / 6.f},
                                   {0, 0, 1}}};
  static constexpr Matrix<4, 6> At{
      {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}};
};

// sum over s of T::m[row][s] * x[s * stride], with the zeros and ones known when compiling.
template <const auto& T, int row, int... s>
void combine(const Vec* x, int stride, std::integer_sequence<int, s...>, Vec& out) {
  Vec sum = {};
  const auto add = [&]<int i>(std::integral_constant<int, i>) {
    constexpr float f = T.m[row][i];
    if constexpr (f == 1)
      sum += x[i * stride];
    else if constexpr (f == -1)
      sum -= x[i * stride];
    else if constexpr (f != 0)
      sum += f * x[i * stride];
  };
  (add(std::integral_constant<int, s>{}), ...);
  out = sum;
}

// out [R][R] = T x T', x [S][S].
template <const auto& T, int R, int S>
void transform(const Vec* x, Vec* out) {
  constexpr std::make_integer_sequence<int, S> all;
  Vec half[R * S];
  const auto rows = [&]<int... r>(std::integer_sequence<int, r...>) {
    for (int c = 0; c < S; ++c) (combine<T, r>(x + c, S, all, half[r * S + c]), ...);
    for (int i = 0; i < R; ++i) (combine<T, r>(half + i * S, 1, all, out[i * R + r]), ...);
  };
  rows(std::make_integer_sequence<int, R>{});
}

// Memory that is kept from call to call: fresh pages cost more than the transforms that fill them.
template <int which>
float* scratch(size_t floats) {
  static thread_local Buffer<float> buffer;
  if (buffer.size() < floats) buffer = Buffer<float>(floats);
  return buffer.data();
}

template <int M>
class Winograd {
  static constexpr int A = M + 2, P = A * A;
  static constexpr auto Bt = Filtering<M>::Bt;
  static constexpr auto B = Filtering<M>::Bt.transposed();
  static constexpr auto G = Filtering<M>::G;
  static constexpr auto Gt = Filtering<M>::G.transposed();
  static constexpr auto At = Filtering<M>::At;
  static constexpr auto AtT = Filtering<M>::At.transposed();

  const int H, W, C, K, th, tw, tiles;  // tiles of one picture
  const int group;                      // pictures that are transformed and multiplied at a time

 public:
  explicit Winograd(const Layer& l)
      : H(l.in.h),
        W(l.in.w),
        C(l.in.c),
        K(l.output.c),
        th((H + M - 1) / M),
        tw((W + M - 1) / M),
        tiles(th * tw),
        group(std::max(1, kTilesAtOnce / tiles)) {}

  void forward(int n, const float* x, const float* w, float* y) const {
    const int most = std::min(group, n) * tiles;
    float* u = scratch<0>(P * plane(C, K));
    float* v = scratch<1>(P * plane(most, C));
    float* m = scratch<2>(P * plane(most, K));
#pragma omp parallel
    {
      weights_in(w, u);
      for (int first = 0; first < n; first += group) {
        const int count = std::min(group, n - first), T = count * tiles;
        gather<Bt, A, A, 1>(x + size_t(first) * H * W * C, C, T, v);
#pragma omp for schedule(dynamic)
        for (int p = 0; p < P; ++p)
          gemm(Transpose::no, Transpose::no, T, K, C, v + p * plane(T, C), u + p * plane(C, K), 0,
               m + p * plane(T, K));
        scatter<At, M, A, 0>(m, K, T, y + size_t(first) * H * W * K);
      }
    }
  }

  void backward(int n, const float* x, const float* w, const float* dy, float* dx,
                float* dw) const {
    const int most = std::min(group, n) * tiles;
    float* u = scratch<0>(P * plane(C, K));
    float* v = scratch<1>(P * plane(most, C));
    float* z = scratch<2>(P * plane(most, K));
    float* q = scratch<3>(P * plane(most, C));
    float* du = scratch<4>(P * plane(C, K));
#pragma omp parallel
    {
      if (dx) weights_in(w, u);
      for (int first = 0; first < n; first += group) {
        const int count = std::min(group, n - first), T = count * tiles;
        gather<Bt, A, A, 1>(x + size_t(first) * H * W * C, C, T, v);
        gather<AtT, A, M, 0>(dy + size_t(first) * H * W * K, K, T, z);
#pragma omp for schedule(dynamic)
        for (int p = 0; p < P; ++p) {
          const float* zp = z + p * plane(T, K);
          gemm(Transpose::yes, Transpose::no, C, K, T, v + p * plane(T, C), zp, first > 0,
               du + p * plane(C, K));
          if (dx)
            gemm(Transpose::no, Transpose::yes, T, C, K, zp, u + p * plane(C, K), 0,
                 q + p * plane(T, C));
        }
        if (dx) scatter<B, A, A, 1>(q, C, T, dx + size_t(first) * H * W * C);
      }
      weights_out(du, dw);
    }
  }

 private:
  static constexpr int kTilesAtOnce = 128;

  // Floats from one position's matrix to the next: a cache line more than it holds, so that the P
  // values of a tile do not all fall into one set of the cache.
  static size_t plane(int rows, int columns) { return size_t(rows) * columns + 16; }

  // u [P][C][K] = G w G' of every pair of channels.
  void weights_in(const float* w, float* u) const {
    const size_t CK = size_t(C) * K;
#pragma omp for
    for (size_t i = 0; i < CK; i += kLanes) {
      Vec in[9], out[P];
      for (int t = 0; t < 9; ++t) in[t] = *reinterpret_cast<const Vec*>(w + t * CK + i);
      transform<G, A, 3>(in, out);
      for (int p = 0; p < P; ++p) *reinterpret_cast<Vec*>(u + p * plane(C, K) + i) = out[p];
    }
  }

  // dw += G' du G.
  void weights_out(const float* du, float* dw) const {
    const size_t CK = size_t(C) * K;
#pragma omp for
    for (size_t i = 0; i < CK; i += kLanes) {
      Vec in[P], out[9];
      for (int p = 0; p < P; ++p) in[p] = *reinterpret_cast<const Vec*>(du + p * plane(C, K) + i);
      transform<Gt, 3, A>(in, out);
      for (int t = 0; t < 9; ++t) *reinterpret_cast<Vec*>(dw + t * CK + i) += out[t];
    }
  }

  // out [P][T][D] = F of the S x S pixels of each tile, which start `border` pixels above and left
  // of the tile; what is outside the map is 0. pixels: [pictures][H][W][D].
  template <const auto& F, int R, int S, int border>
  void gather(const float* pixels, int D, int T, float* out) const {
#pragma omp for
    for (int t = 0; t < T; ++t) {
      const float* picture = pixels + size_t(t / tiles) * H * W * D;
      const int h0 = t % tiles / tw * M - border, w0 = t % tw * M - border;
      for (int d = 0; d < D; d += kLanes) {
        Vec in[S * S], result[P];
        for (int i = 0; i < S; ++i)
          for (int j = 0; j < S; ++j) {
            const int h = h0 + i, w = w0 + j;
            const bool inside = h >= 0 && h < H && w >= 0 && w < W;
            in[i * S + j] =
                inside ? *reinterpret_cast<const Vec*>(picture + (size_t(h) * W + w) * D + d)
                       : Vec{};
          }
        transform<F, R, S>(in, result);
        for (int p = 0; p < P; ++p)
          *reinterpret_cast<Vec*>(out + p * plane(T, D) + size_t(t) * D + d) = result[p];
      }
    }
  }

  // pixels [pictures][H][W][D] = F of each tile's P values, summed where tiles overlap (border 1).
  // Only neighbouring rows of tiles overlap: first all even rows, then all odd ones, so that no two
  // threads add to one pixel and sums keep their order.
  template <const auto& F, int R, int S, int border>
  void scatter(const float* in, int D, int T, float* pixels) const {
    const int pictures = T / tiles;
    if (border) {
#pragma omp for
      for (int picture = 0; picture < pictures; ++picture)
        std::memset(pixels + size_t(picture) * H * W * D, 0, size_t(H) * W * D * sizeof(float));
    }
    for (int parity = 0; parity <= border; ++parity) {
      const int first = parity, step = 1 + border, rows = (th - first + step - 1) / step;
#pragma omp for
      for (int i = 0; i < pictures * rows; ++i) {
        const int picture = i / rows, row = first + i % rows * step;
        float* out = pixels + size_t(picture) * H * W * D;
        for (int column = 0; column < tw; ++column)
          scatter_tile<F, R, S, border>(in + (size_t(picture) * tiles + row * tw + column) * D, D,
                                        plane(T, D), out, row * M - border, column * M - border);
      }
    }
  }

  template <const auto& F, int R, int S, int border>
  void scatter_tile(const float* in, int D, size_t plane, float* out, int h0, int w0) const {
    const int i0 = std::max(0, -h0), i1 = std::min(R, H - h0);
    const int j0 = std::max(0, -w0), j1 = std::min(R, W - w0);
    for (int d = 0; d < D; d += kLanes) {
      Vec values[P], result[R * R];
      for (int p = 0; p < P; ++p) values[p] = *reinterpret_cast<const Vec*>(in + p * plane + d);
      transform<F, R, S>(values, result);
      for (int i = i0; i < i1; ++i)
        for (int j = j0; j < j1; ++j) {
          Vec& pixel = *reinterpret_cast<Vec*>(out + (size_t(h0 + i) * W + w0 + j) * D + d);
          pixel = border ? pixel + result[i * R + j] : result[i * R + j];
        }
    }
  }
};

// F(4x4) but where the map is no larger than a tile of F(2x2).
bool small(const Layer& layer) { return layer.in.h <= 2 && layer.in.w <= 2; }

}  // namespace

bool winograd_fits(const Layer& l) {
  return l.kind == Kind::conv && l.kernel == 3 && l.stride == 1 && l.pad == 1 &&
         l.in.c % kLanes == 0 && l.output.c % kLanes == 0;
}

void winograd_forward(const Layer& l, int n, const float* x, const float* w, float* y) {
  CHECK(winograd_fits(l));
  if (small(l))
    Winograd<2>(l).forward(n, x, w, y);
  else
    Winograd<4>(l).forward(n, x, w, y);
}

void winograd_backward(const Layer& l, int n, const float* x, const float* w, const float* dy,
                       float* dx, float* dw) {
  CHECK(winograd_fits(l));
  if (small(l))
    Winograd<2>(l).backward(n, x, w, dy, dx, dw);
  else
    Winograd<4>(l).backward(n, x, w, dy, dx, dw);
}

}  // namespace tri
