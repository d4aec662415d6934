// Depthwise int8 convolution, one pixel at a time: where its kernel falls. What is done there is
// left to the instruction sets.
#pragma once

#include <cstring>

#include "engine/kernels/conv/layout.h"
#include "engine/kernels/conv/variants.h"

namespace tri {
namespace {

// under: `count` pointers to the [K] values under each kernel position, those behind the kernel's
// with weights of 0; target: the pixel's number in y.
using DepthwisePixel = void (*)(const PackedConv& conv, const uint8_t* const* under, int count,
                                const Epilogue& epilogue, size_t target, void* y);

// multiple: of positions that `pixel` takes at a time.
void depthwise_convolution(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                           void* y, DepthwisePixel pixel, int multiple) {
  const Layer& l = conv.layer;
  const int K = l.output.c, positions = l.kernel * l.kernel;
  const int slots = round_up(positions, multiple);
  const int lines = input.n * l.output.h;
  // What is read outside the map, then one list of pointers for each line of the output.
  const size_t padding = size_t(round_up(K, 64));
  auto* pad =
      static_cast<uint8_t*>(shared_scratch(padding + size_t(lines) * slots * sizeof(void*)));
  auto* lists = reinterpret_cast<const uint8_t**>(pad + padding);
  std::memset(pad, input.pad_value, size_t(K));

#pragma omp parallel for
  for (int line = 0; line < lines; ++line) {
    const uint8_t** list = lists + size_t(line) * slots;
    const int n = line / l.output.h, oh = line % l.output.h;
    for (int ow = 0; ow < l.output.w; ++ow) {
      for (int t = 0; t < slots; ++t) {
        const int ih = oh * l.stride - l.pad + t / l.kernel;
        const int iw = ow * l.stride - l.pad + t % l.kernel;
        const bool inside = t < positions && ih >= 0 && ih < l.in.h && iw >= 0 && iw < l.in.w;
        list[t] = inside ? input.x + ((size_t(n) * l.in.h + ih) * l.in.w + iw) * K : pad;
      }
      pixel(conv, list, slots, epilogue, size_t(line) * l.output.w + ow, y);
    }
  }
}

}  // namespace
}  // namespace tri
