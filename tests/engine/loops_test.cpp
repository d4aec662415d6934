// Every variant of the float loops against the plain one: the same bits, on sizes that fill no
// register.
#include "engine/float/loops/loops.h"

#include <vector>

#include "data/base/rng.h"
#include "engine/graph/tensor.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// Every variant that can run here.
std::vector<LoopsVariant> runnable() {
  std::vector<LoopsVariant> variants;
  for (const LoopsVariant& v : loops_variants())
    if (v.runnable()) variants.push_back(v);
  return variants;
}

Buffer<float> random_floats(size_t n, uint64_t seed) {
  Rng rng(seed);
  Buffer<float> values(n);
  for (float& v : values) v = float(rng.normal());
  return values;
}

// All that the loops of one variant compute from the same numbers.
std::vector<Buffer<float>> results(const Loops& loops, int K) {
  const int rows = 37;
  const size_t size = size_t(rows) * K;
  const auto y = random_floats(size, 1), a = random_floats(K, 2), b = random_floats(K, 3);
  std::vector<Buffer<float>> all;
  const auto result = [&](const Buffer<float>& start) -> float* {
    all.push_back(start);
    return all.back().data();
  };
  all.reserve(64);
  const Buffer<float> zero(K, 0.0f), none(size, 99.0f);

  float *sum = result(zero), *squares = result(zero);
  loops.moments(rows, K, y.data(), a.data(), sum, squares);
  for (float scale : {0.0f, 0.004f, 0.1f})
    loops.relu_forward(rows, K, y.data(), a.data(), b.data(), scale, result(none));
  for (float most : {1.0f, 1e30f}) {
    float *d = result(random_floats(size, 4)), *s = result(zero), *product = result(zero);
    loops.clamp_backward(rows, K, y.data(), a.data(), b.data(), 0, most, a.data(), d, s, product);
    loops.norm_backward(rows, K, y.data(), a.data(), b.data(), zero.data(), a.data(), d);
  }
  float *best = result(Buffer<float>(K, 0.1f)), *dx = result(zero);
  std::vector<int> where(K, 0);
  for (int r = 0; r < 4; ++r) loops.max_where(K, y.data() + size_t(r) * K, r, best, where.data());
  for (int r = 0; r < 4; ++r) loops.max_backward(K, a.data(), where.data(), r, dx);
  loops.max_forward(K, y.data(), result(b));
  float *params = result(y), *velocity = result(random_floats(size, 5));
  loops.sgd(size, 0.1f, 0.9f, 5e-4f, none.data(), params, velocity);

  // A strided depthwise convolution of 5x6 to 3x3.
  const int at_rows[] = {-1, 0, 1, 1, 2, 3, 3, 4, -1}, at_columns[] = {-1, 0, 1, 1, 2, 3, 3, 4, 5};
  const DepthwiseMap map{3, 3, K, 6, at_rows, at_columns};
  const auto source = random_floats(30 * size_t(K), 6), w = random_floats(9 * size_t(K), 7);
  loops.depthwise(map, source.data(), w.data(), result(Buffer<float>(9 * size_t(K), 99.0f)));
  loops.depthwise_weights(map, source.data(), y.data(), result(w));
  return all;
}

// The transforms on a map that tiles do not fill, 2 pictures of 7x6, 16 and 32 channels.
std::vector<Buffer<float>> results(const WinogradLoops& f) {
  const int P = (f.m + f.r - 1) * (f.m + f.r - 1), D = 32, H = 7, W = 6;
  const int th = (H + f.m - 1) / f.m, tw = (W + f.m - 1) / f.m, tiles = 2 * th * tw;
  const size_t pairs = 16 * 32, plane = size_t(tiles) * D + 16, pixels = size_t(H) * W * D;
  const WinogradMap map{H, W, D, th, tw, plane};
  const auto x = random_floats(2 * pixels, 1), w = random_floats(size_t(f.r) * f.r * pairs, 2);
  const auto planes = random_floats(P * plane, 3), u = random_floats(P * (pairs + 16), 4);
  std::vector<Buffer<float>> all{
      Buffer<float>(u.size()), Buffer<float>(w.size()), planes, planes, Buffer<float>(pixels), x};
  f.weights_in(0, pairs, pairs, w.data(), pairs + 16, all[0].data());
  f.weights_out(0, pairs, pairs, u.data(), pairs + 16, all[1].data());
  f.inputs_in(map, x.data(), 0, tiles, all[2].data());
  f.gradients_in(map, x.data(), 1, tiles - 1, all[3].data());
  for (int row = 0; row < th; ++row) {
    f.outputs_out(map, planes.data(), row, all[4].data());
    f.gradients_out(map, planes.data(), row, all[5].data());
  }
  return all;
}

}  // namespace

TEST_CASE("loops over accumulators: every variant this CPU runs computes the same bits") {
  Rng rng(3);
  for (int K : {1, 3, 8, 20, 48, 69}) {
    const size_t rows = 37, size = rows * size_t(K);
    std::vector<int32_t> a(size);
    for (int32_t& value : a) value = int32_t(rng.next());
    for (const LoopsVariant& variant : runnable()) {
      CAPTURE(isa_name(variant.isa));
      CAPTURE(K);
      const int first = K / 3;
      std::vector<double> sum(size_t(K), 0.5), squares(size_t(K), 1e-3), s = sum, q = squares;
      variant.loops->integer_moments(rows, K, first, K, a.data(), sum.data(), squares.data());
      for (size_t i = 0; i < size; ++i) {
        const size_t k = i % size_t(K);
        if (int(k) >= first) s[k] += a[i], q[k] += double(a[i]) * a[i];
      }
      CHECK(sum == s);
      CHECK(squares == q);
    }
  }
}

TEST_CASE("float loops: every variant this CPU runs computes the same bits") {
  const Loops& plain = *loops_variant("scalar").loops;
  for (const LoopsVariant& variant : runnable()) {
    CAPTURE(isa_name(variant.isa));
    for (int K : {1, 3, 8, 20, 48, 69}) {
      CAPTURE(K);
      CHECK(results(*variant.loops, K) == results(plain, K));
    }
    CHECK(results(variant.loops->f23) == results(plain.f23));
    CHECK(results(variant.loops->f43) == results(plain.f43));
    CHECK(results(variant.loops->f25) == results(plain.f25));
  }
}
