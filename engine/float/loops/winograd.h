// Winograd's transforms, many channels at a time: contracts in loops.h, formulas in
// engine/float/winograd.h.
#pragma once

#include <utility>

#include "engine/float/loops/loops.h"
#include "engine/float/loops/vec.h"

namespace tri {
namespace {

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

// The matrices of F(M x M, R x R). Those of one M + R - 1 share their points, so also B.
template <int M, int R>
struct Filtering;

template <>
struct Filtering<2, 3> {
  static constexpr Matrix<4, 4> Bt{{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}};
  static constexpr Matrix<4, 3> G{{{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}}};
  static constexpr Matrix<2, 4> At{{{1, 1, 1, 0}, {0, 1, -1, -1}}};
};

template <>
struct Filtering<4, 3> {
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

template <>
struct Filtering<2, 5> {
  static constexpr auto Bt = Filtering<4, 3>::Bt;
  static constexpr Matrix<6, 5> G{{{1 / 4.f, 0, 0, 0, 0},
                                   {-1 / 6.f, -1 / 6.f, -1 / 6.f, -1 / 6.f, -1 / 6.f},
                                   {-1 / 6.f, 1 / 6.f, -1 / 6.f, 1 / 6.f, -1 / 6.f},
                                   {1 / 24.f, 1 / 12.f, 1 / 6.f, 1 / 3.f, 2 / 3.f},
                                   {1 / 24.f, -1 / 12.f, 1 / 6.f, -1 / 3.f, 2 / 3.f},
                                   {0, 0, 0, 0, 1}}};
  static constexpr Matrix<2, 6> At{{{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 1}}};
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

template <int M, int R>
struct Transforms {
  static constexpr int A = M + R - 1, P = A * A, kBorder = R / 2;
  static constexpr auto Bt = Filtering<M, R>::Bt;
  static constexpr auto B = Bt.transposed();
  static constexpr auto G = Filtering<M, R>::G;
  static constexpr auto Gt = G.transposed();
  static constexpr auto At = Filtering<M, R>::At;
  static constexpr auto AtT = At.transposed();

  // F of the `from` values at each of [begin, end), `apart` floats from one value to the next.
  template <const auto& F, int To, int From>
  static void matrices(size_t begin, size_t end, const float* in, size_t in_apart, float* out,
                       size_t out_apart) {
    for (size_t i = begin; i < end; i += kLanes) {
      Vec values[From * From], result[To * To];
      for (int t = 0; t < From * From; ++t) values[t] = load<Vec>(in + t * in_apart + i);
      transform<F, To, From>(values, result);
      for (int t = 0; t < To * To; ++t) store(out + t * out_apart + i, result[t]);
    }
  }
  static void weights_in(size_t begin, size_t end, size_t pairs, const float* w, size_t plane,
                         float* u) {
    matrices<G, A, R>(begin, end, w, pairs, u, plane);
  }
  static void weights_out(size_t begin, size_t end, size_t pairs, const float* u, size_t plane,
                          float* w) {
    matrices<Gt, R, A>(begin, end, u, plane, w, pairs);
  }

  // F of the S x S pixels of each tile, which start `border` pixels above and left of it; what is
  // outside the map is 0.
  template <const auto& F, int S, int border>
  static void gather(const WinogradMap& map, const float* pixels, int begin, int end, float* out) {
    const int H = map.H, W = map.W, D = map.D, tiles = map.th * map.tw;
    for (int t = begin; t < end; ++t) {
      const float* picture = pixels + size_t(t / tiles) * H * W * D;
      const int h0 = t % tiles / map.tw * M - border, w0 = t % map.tw * M - border;
      const bool whole = h0 >= 0 && w0 >= 0 && h0 + S <= H && w0 + S <= W;
      for (int d = 0; d < D; d += kLanes) {
        Vec in[S * S], result[P];
        const float* first = picture + (ptrdiff_t(h0) * W + w0) * D + d;
        for (int i = 0; i < S; ++i)
          for (int j = 0; j < S; ++j) {
            const bool inside = whole || (h0 + i >= 0 && h0 + i < H && w0 + j >= 0 && w0 + j < W);
            in[i * S + j] = inside ? load<Vec>(first + (ptrdiff_t(i) * W + j) * D) : Vec{};
          }
        transform<F, A, S>(in, result);
        for (int p = 0; p < P; ++p) store(out + p * map.plane + size_t(t) * D + d, result[p]);
      }
    }
  }
  static void inputs_in(const WinogradMap& map, const float* pixels, int begin, int end,
                        float* out) {
    gather<Bt, A, kBorder>(map, pixels, begin, end, out);
  }
  static void gradients_in(const WinogradMap& map, const float* pixels, int begin, int end,
                           float* out) {
    gather<AtT, M, 0>(map, pixels, begin, end, out);
  }

  template <const auto& F, int S, int border>
  static void scatter(const WinogradMap& map, const float* in, int tile_row, float* pixels) {
    const int H = map.H, W = map.W, D = map.D, h0 = tile_row * M - border;
    const int i0 = h0 < 0 ? -h0 : 0, i1 = S < H - h0 ? S : H - h0;
    for (int column = 0; column < map.tw; ++column) {
      const float* tile = in + (size_t(tile_row) * map.tw + column) * D;
      const int w0 = column * M - border;
      const int j0 = w0 < 0 ? -w0 : 0, j1 = S < W - w0 ? S : W - w0;
      for (int d = 0; d < D; d += kLanes) {
        Vec values[P], result[S * S];
        for (int p = 0; p < P; ++p) values[p] = load<Vec>(tile + p * map.plane + d);
        transform<F, S, A>(values, result);
        for (int i = i0; i < i1; ++i)
          for (int j = j0; j < j1; ++j) {
            float* pixel = pixels + (size_t(h0 + i) * W + w0 + j) * D + d;
            const Vec value = result[i * S + j];
            store(pixel, border ? load<Vec>(pixel) + value : value);
          }
      }
    }
  }
  static void outputs_out(const WinogradMap& map, const float* in, int tile_row, float* pixels) {
    scatter<At, M, 0>(map, in, tile_row, pixels);
  }
  static void gradients_out(const WinogradMap& map, const float* in, int tile_row, float* pixels) {
    scatter<B, A, kBorder>(map, in, tile_row, pixels);
  }

  static constexpr WinogradLoops loops() {
    return {M, R, weights_in, weights_out, inputs_in, gradients_in, outputs_out, gradients_out};
  }
};

}  // namespace
}  // namespace tri
