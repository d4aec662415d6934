#include "engine/float/depthwise.h"

#include <algorithm>

#include "data/base/check.h"
#include "engine/float/loops/loops.h"
#include "engine/float/scratch.h"

namespace tri {
namespace {

constexpr int kTaps = DepthwiseMap::kTaps;

// [outputs][tap]: the input each tap of an output falls on along one axis, -1 outside.
std::vector<int> inputs_of_outputs(const Layer& l, int inputs, int outputs) {
  std::vector<int> at(size_t(outputs) * kTaps);
  for (int o = 0; o < outputs; ++o)
    for (int tap = 0; tap < kTaps; ++tap) {
      const int i = o * l.stride + tap - l.pad;
      at[size_t(o) * kTaps + tap] = i >= 0 && i < inputs ? i : -1;
    }
  return at;
}

// [inputs][tap]: the output that reads an input through a tap; -1: none does.
std::vector<int> outputs_of_inputs(const Layer& l, int inputs, int outputs) {
  std::vector<int> at(size_t(inputs) * kTaps, -1);
  for (int o = 0; o < outputs; ++o)
    for (int tap = 0; tap < kTaps; ++tap) {
      const int i = o * l.stride + tap - l.pad;
      if (i >= 0 && i < inputs) at[size_t(i) * kTaps + tap] = o;
    }
  return at;
}

}  // namespace

void depthwise_forward(const Layer& l, int n, const float* x, const float* w, float* y) {
  CHECK(l.kernel == kTaps);
  const auto rows = inputs_of_outputs(l, l.in.h, l.output.h);
  const auto columns = inputs_of_outputs(l, l.in.w, l.output.w);
  const DepthwiseMap map{l.output.h, l.output.w, l.in.c, l.in.w, rows.data(), columns.data()};
#pragma omp parallel for
  for (int i = 0; i < n; ++i)
    loops().depthwise(map, x + i * l.in.size(), w, y + i * l.output.size());
}

void depthwise_backward(const Layer& l, int n, const float* x, const float* w, const float* dy,
                        float* dx, float* dw) {
  CHECK(l.kernel == kTaps);
  const auto rows = inputs_of_outputs(l, l.in.h, l.output.h);
  const auto columns = inputs_of_outputs(l, l.in.w, l.output.w);
  const DepthwiseMap map{l.output.h, l.output.w, l.in.c, l.in.w, rows.data(), columns.data()};
  const auto back_rows = outputs_of_inputs(l, l.in.h, l.output.h);
  const auto back_columns = outputs_of_inputs(l, l.in.w, l.output.w);
  const DepthwiseMap back{l.in.h,     l.in.w,           l.in.c,
                          l.output.w, back_rows.data(), back_columns.data()};
  const size_t weights = l.weights();
  // As many partial sums for any number of threads, so that the result does not depend on it.
  const int parts = std::min(n, 32);
  float* partial = scratch<struct DepthwiseSums>(parts * weights);
#pragma omp parallel for
  for (int part = 0; part < parts; ++part) {
    float* sum = partial + part * weights;
    std::fill(sum, sum + weights, 0.0f);
    for (int i = n * part / parts; i < n * (part + 1) / parts; ++i) {
      const float* dyi = dy + i * l.output.size();
      if (dw) loops().depthwise_weights(map, x + i * l.in.size(), dyi, sum);
      if (dx) loops().depthwise(back, dyi, w, dx + i * l.in.size());
    }
  }
  if (!dw) return;
  std::copy(partial, partial + weights, dw);
  for (int part = 1; part < parts; ++part)
    for (size_t i = 0; i < weights; ++i) dw[i] += partial[part * weights + i];
}

}  // namespace tri
