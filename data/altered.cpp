#include "data/altered.h"

#include <algorithm>
#include <charconv>

#include "data/base/error.h"
#include "data/images.h"
#include "data/jpeg.h"

namespace tri {
namespace {

// The number behind "name:" where `how` is that and the number is within; -1 where it is not.
int number_of(const std::string& how, const std::string& name, int least, int most) {
  if (!how.starts_with(name + ":")) return -1;
  const char *begin = how.data() + name.size() + 1, *end = how.data() + how.size();
  int number = -1;
  const auto [last, error] = std::from_chars(begin, end, number);
  return error == std::errc() && last == end && number >= least && number <= most ? number : -1;
}

// Pixel (y, x) of the copy is the original's (from_y(y), from_x(x)).
template <class FromY, class FromX>
void move(const uint8_t* picture, Shape shape, FromY from_y, FromX from_x, uint8_t* out) {
  for (int y = 0; y < shape.h; ++y)
    for (int x = 0; x < shape.w; ++x, out += shape.c)
      std::copy_n(picture + (from_y(y) * shape.w + from_x(x)) * shape.c, shape.c, out);
}

}  // namespace

Dataset altered(const Dataset& pictures, const std::string& how) {
  const Shape shape = pictures.shape();
  const int quality = number_of(how, "jpeg", 1, 100),
            shift = number_of(how, "shift", 0, shape.h - 1);
  if (quality < 0 && shift < 0 && how != "flip")
    throw Error("unknown alteration '" + how + "': expected jpeg:1 to jpeg:100, shift:0 to shift:" +
                std::to_string(shape.h - 1) + ", or flip");
  std::vector<uint8_t> pixels(pictures.pixels().size());
  const auto same = [](int at) { return at; };
  const auto moved = [&](int at) { return std::max(at - shift, 0); };
  const auto mirrored = [&](int at) { return shape.w - 1 - at; };
#pragma omp parallel for
  for (int i = 0; i < pictures.size(); ++i) {
    const uint8_t* picture = pictures.picture(i);
    uint8_t* out = &pixels[size_t(i) * shape.size()];
    if (quality > 0) {
      const auto jpeg = encode_jpeg(picture, shape.h, shape.w, shape.c, quality);
      std::ranges::copy(decode_image(jpeg, how, shape.c).pixels, out);
    } else if (shift >= 0) {
      move(picture, shape, moved, moved, out);
    } else {
      move(picture, shape, same, mirrored, out);
    }
  }
  return {shape,
          pictures.classes(),
          std::move(pixels),
          {pictures.labels().begin(), pictures.labels().end()}};
}

}  // namespace tri
