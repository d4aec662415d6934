#include "engine/float/conv.h"

#include <cmath>

#include "data/base/rng.h"
#include "engine/float/winograd.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

Buffer<float> random_floats(size_t n, Rng& rng) {
  Buffer<float> values(n);
  for (float& v : values) v = float(rng.normal());
  return values;
}

double dot(const Buffer<float>& a, const Buffer<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * b[i];
  return sum;
}

double norm(const Buffer<float>& a) { return std::sqrt(dot(a, a)); }

// The sum as it is defined, in double.
Buffer<float> reference(const Layer& l, int n, const Buffer<float>& x, const Buffer<float>& w) {
  Buffer<float> y(n * l.output.size());
  for (int i = 0; i < n; ++i)
    for (int oh = 0; oh < l.output.h; ++oh)
      for (int ow = 0; ow < l.output.w; ++ow)
        for (int k = 0; k < l.output.c; ++k) {
          double sum = 0;
          for (int r = 0; r < l.rows(); ++r) {
            const int channels = l.kind == Kind::conv ? l.in.c : 1;
            const int tap = r / channels, c = l.kind == Kind::conv ? r % channels : k;
            const int h = oh * l.stride + tap / l.kernel - l.pad;
            const int v = ow * l.stride + tap % l.kernel - l.pad;
            if (h >= 0 && h < l.in.h && v >= 0 && v < l.in.w)
              sum += double(x[((size_t(i) * l.in.h + h) * l.in.w + v) * l.in.c + c]) *
                     w[size_t(r) * l.output.c + k];
          }
          y[((size_t(i) * l.output.h + oh) * l.output.w + ow) * l.output.c + k] = float(sum);
        }
  return y;
}

struct Case {
  Layer layer;
  Shape in;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {conv3("first", 16), {8, 8, 3}},
      {conv3("winograd4", 32), {8, 8, 16}},
      {conv3("winograd4 odd", 16), {7, 5, 32}},
      {conv3("winograd4 one tile", 16), {4, 4, 16}},
      {conv3("winograd4 large", 16), {18, 18, 16}},
      {conv3("winograd2", 16), {2, 2, 16}},
      {conv3("winograd2 dot", 16), {1, 1, 16}},
      {conv3("strided", 16, 2), {8, 8, 16}},
      {conv("5x5", 10, 5, 1, 2), {6, 6, 5}},
      {conv("5x5 winograd", 16, 5, 1, 2), {9, 6, 32}},
      {conv("5x5 winograd dot", 32, 5, 1, 2), {1, 1, 16}},
      {pw("1x1", 10), {6, 6, 7}},
      {pw("1x1 blocks", 24), {8, 8, 300}},
      {linear("linear", 10), {3, 3, 8}},
      {dw("depthwise", 1), {6, 5, 20}},
      {dw("depthwise strided", 2), {6, 6, 3}},
  };
  return all;
}

}  // namespace

TEST_CASE("a convolution is the sum it is defined as, within the rounding of its terms") {
  for (const Case& c : cases()) {
    CAPTURE(c.layer.name);
    std::vector<Layer> layers{c.layer};
    resolve(layers, c.in);
    const Layer& l = layers[0];
    Rng rng(7);
    const int n = 40;
    const auto x = random_floats(n * l.in.size(), rng), w = random_floats(l.weights(), rng);
    Buffer<float> y(n * l.output.size(), 99.0f);
    conv_forward(l, n, x.data(), w.data(), y.data(), Precision::fp32);
    const auto expected = reference(l, n, x, w);
    // A sum of R unit-variance terms is about sqrt(R); F(4x4) loses some 4 bits to its transforms.
    const double tolerance = std::sqrt(l.rows()) * (winograd_fits(l) ? 5e-5 : 4e-6);
    double worst = 0;
    for (size_t i = 0; i < y.size(); ++i)
      worst = std::max(worst, std::fabs(double(y[i]) - expected[i]));
    CHECK(worst < tolerance);
  }
}

TEST_CASE("a convolution's backward pass is the adjoint of its forward pass") {
  // conv is linear in x and in w, so <dy, conv(x', w)> = <dx, x'> and <dy, conv(x, w')> = <dw, w'>.
  for (const Case& c : cases()) {
    CAPTURE(c.layer.name);
    std::vector<Layer> layers{c.layer};
    resolve(layers, c.in);
    const Layer& l = layers[0];
    Rng rng(11);
    const int n = 40;
    const auto x = random_floats(n * l.in.size(), rng), w = random_floats(l.weights(), rng);
    const auto x2 = random_floats(x.size(), rng), w2 = random_floats(w.size(), rng);
    const auto dy = random_floats(n * l.output.size(), rng);
    Buffer<float> dx(x.size(), 99.0f), dw(w.size(), 99.0f), y(dy.size());
    conv_backward(l, n, x.data(), w.data(), dy.data(), dx.data(), dw.data(), Precision::fp32);
    const double tolerance = 1e-5;
    conv_forward(l, n, x2.data(), w.data(), y.data(), Precision::fp32);
    CHECK(std::fabs(dot(dy, y) - dot(dx, x2)) < tolerance * norm(dy) * norm(y));
    conv_forward(l, n, x.data(), w2.data(), y.data(), Precision::fp32);
    CHECK(std::fabs(dot(dy, y) - dot(dw, w2)) < tolerance * norm(dy) * norm(y));
    // Either may be left out.
    const Buffer<float> dx_before = dx, dw_before = dw;
    conv_backward(l, n, x.data(), w.data(), dy.data(), nullptr, dw.data(), Precision::fp32);
    CHECK(dw == dw_before);
    conv_backward(l, n, x.data(), w.data(), dy.data(), dx.data(), nullptr, Precision::fp32);
    CHECK(dx == dx_before);
  }
}
