#include "engine/graph/layer.h"

#include <utility>

#include "data/base/check.h"

namespace tri {

Layer conv(std::string name, int out, int kernel, int stride, int pad) {
  Layer l;
  l.name = std::move(name);
  l.out = out, l.kernel = kernel, l.stride = stride, l.pad = pad;
  return l;
}
Layer conv3(std::string name, int out, int stride) {
  return conv(std::move(name), out, 3, stride, 1);
}
Layer pw(std::string name, int out) { return conv(std::move(name), out, 1, 1, 0); }
Layer linear(std::string name, int out) { return conv(std::move(name), out, 0, 1, 0); }
Layer dw(std::string name, int stride) {
  Layer l = conv(std::move(name), 0, 3, stride, 1);
  l.kind = Kind::depthwise;
  return l;
}
Layer pool(std::string name, int kernel, int stride, int pad) {
  Layer l = conv(std::move(name), 0, kernel, stride, pad);
  l.kind = Kind::max_pool;
  return l;
}
Layer average(std::string name) {
  Layer l = conv(std::move(name), 0, 0, 1, 0);
  l.kind = Kind::avg_pool;
  return l;
}
Layer drop(float rate) {
  Layer l;
  l.kind = Kind::dropout, l.name = "dropout", l.rate = rate;
  return l;
}
Layer logits(Layer layer) {
  layer.activated = false;
  return layer;
}

void resolve(std::vector<Layer>& layers, Shape shape) {
  for (Layer& l : layers) {
    l.in = shape;
    if (l.kernel == 0) {
      CHECK(shape.h == shape.w);
      l.kernel = shape.h;
    }
    if (l.kind != Kind::conv) l.out = shape.c;
    if (!l.has_weights()) l.activated = false;
    CHECK(l.out > 0 && l.kernel > 0 && l.stride > 0 && l.pad >= 0 && l.pad < l.kernel);
    CHECK(shape.h + 2 * l.pad >= l.kernel && shape.w + 2 * l.pad >= l.kernel);
    l.output = {(shape.h + 2 * l.pad - l.kernel) / l.stride + 1,
                (shape.w + 2 * l.pad - l.kernel) / l.stride + 1, l.out};
    shape = l.output;
  }
}

uint64_t hash(const std::vector<Layer>& layers) {
  uint64_t h = 0xcbf29ce484222325ull;  // FNV-1a
  const auto mix = [&h](uint64_t value) {
    for (int i = 0; i < 8; ++i) h = (h ^ ((value >> (8 * i)) & 255)) * 0x100000001b3ull;
  };
  for (const Layer& l : layers) {
    for (char c : l.name) mix(uint8_t(c));
    for (int value :
         {int(l.kind), l.out, l.kernel, l.stride, l.pad, int(l.activated), l.in.h, l.in.w, l.in.c})
      mix(uint64_t(value));
  }
  return h;
}

}  // namespace tri
