#include "data/batch.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>

namespace tri {
namespace {

// Random crop of the padded picture and mirroring are those of the ResNet paper (He et al., CVPR
// 2016, section 4.2); cutout is DeVries and Taylor, 2017: the square's center is anywhere in the
// picture, so a part of it may hang over the edge.
void augment(const uint8_t* picture, Shape shape, const Augment& how, bool mirror, Rng& rng,
             uint8_t* out) {
  const int side = shape.h, channels = shape.c;
  const int dy = how.crop > 0 ? rng.below(2 * how.crop + 1) - how.crop : 0;
  const int dx = how.crop > 0 ? rng.below(2 * how.crop + 1) - how.crop : 0;
  const int top = how.cutout > 0 ? rng.below(side) - how.cutout / 2 : 0;
  const int left = how.cutout > 0 ? rng.below(side) - how.cutout / 2 : 0;
  const auto cut = [&](int at, int first) { return at >= first && at < first + how.cutout; };

  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x, out += channels) {
      const int from_y = y + dy;
      const int from_x = (mirror ? side - 1 - x : x) + dx;
      const bool outside = from_y < 0 || from_y >= side || from_x < 0 || from_x >= side;
      if (outside || (cut(y, top) && cut(x, left)))
        std::memset(out, kPixelZero, size_t(channels));
      else
        std::memcpy(out, picture + (from_y * side + from_x) * channels, size_t(channels));
    }
}

}  // namespace

void normalize(const uint8_t* pixels, size_t count, float* x) {
  for (size_t i = 0; i < count; ++i) x[i] = float(pixels[i] - kPixelZero) / kPixelUnit;
}

Epoch::Epoch(const Dataset& data, int batch, uint64_t seed, int epoch, Augment augment)
    : data_(data),
      batch_(batch),
      epoch_(epoch),
      flip_seed_(seed),
      augment_(augment),
      order_(size_t(data.size())) {
  assert(batch >= 1);
  Rng rng(seed, uint64_t(epoch));
  std::iota(order_.begin(), order_.end(), 0);
  rng.shuffle(order_);
  seed_ = rng.next();
}

void Epoch::get(int index, uint8_t* pixels, uint16_t* labels) const {
  assert(index >= 0 && index < batches());
  // Numbers of its own for every batch: any thread may make any batch, in any order.
  Rng rng(seed_, uint64_t(index));
  for (int i = 0; i < batch_; ++i) {
    const int record = order_[size_t(index) * size_t(batch_) + size_t(i)];
    // Alternating flip (Jordan, 2024): mirrored at random in the first epoch, then by turns, so
    // that two epochs show a picture both ways.
    const bool first = Rng(~flip_seed_, uint64_t(record)).next() & 1;
    const bool mirror = augment_.flip && first != (epoch_ % 2 == 1);
    augment(data_.picture(record), data_.shape(), augment_, mirror, rng,
            pixels + size_t(i) * data_.shape().size());
    labels[i] = data_.labels()[size_t(record)];
  }
}

}  // namespace tri
