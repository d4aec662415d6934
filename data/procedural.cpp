#include "data/procedural.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "data/rng.h"

namespace tri {
namespace {

using Map = std::array<float, size_t(kSide) * kSide>;
using Colour = std::array<float, kChannels>;  // 0..255

float between(Rng& rng, double low, double high) {
  return float(low + (high - low) * rng.uniform());
}

// A random texture of mean 0 and variance about 1: plane waves whose amplitude falls with their
// frequency, as in photographs (Field, J. Opt. Soc. Am. A, 1987). The slope goes from cloudy to
// rough.
Map texture(Rng& rng) {
  constexpr int kWaves = 12;
  const float slope = between(rng, 0.3, 1.5);
  Map map{};
  float power = 0;
  for (int wave = 0; wave < kWaves; ++wave) {
    const float cycles = std::exp2(between(rng, -1, 3.5));  // across the picture
    const float angle = between(rng, 0, 2 * std::numbers::pi);
    const float phase = between(rng, 0, 2 * std::numbers::pi);
    const float amplitude = std::pow(cycles, -slope);
    const float step = 2 * std::numbers::pi_v<float> * cycles / kSide;
    power += amplitude * amplitude / 2;
    // cos(a + b) = cos a cos b - sin a sin b: 2 * 32 cosines a wave instead of 32 * 32.
    std::array<float, kSide> cosine_x, sine_x;
    for (int x = 0; x < kSide; ++x) {
      const float a = step * std::cos(angle) * float(x) + phase;
      cosine_x[size_t(x)] = amplitude * std::cos(a);
      sine_x[size_t(x)] = amplitude * std::sin(a);
    }
    for (int y = 0; y < kSide; ++y) {
      const float b = step * std::sin(angle) * float(y);
      const float cosine_y = std::cos(b), sine_y = std::sin(b);
      for (int x = 0; x < kSide; ++x)
        map[size_t(y * kSide + x)] += cosine_x[size_t(x)] * cosine_y - sine_x[size_t(x)] * sine_y;
    }
  }
  for (float& value : map) value /= std::sqrt(power);
  return map;
}

// How much of each pixel a rotated ellipse or rectangle covers, 0..1; the edge is a pixel wide.
Map shape(Rng& rng) {
  const float centre_x = between(rng, 4, kSide - 4), centre_y = between(rng, 4, kSide - 4);
  const float half_width = between(rng, 2, 12), half_height = between(rng, 2, 12);
  const float angle = between(rng, 0, std::numbers::pi);
  const float cosine = std::cos(angle), sine = std::sin(angle);
  const bool ellipse = rng.below(2);
  Map map;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      const float dx = float(x) - centre_x, dy = float(y) - centre_y;
      const float u = std::abs(cosine * dx + sine * dy) / half_width;
      const float v = std::abs(cosine * dy - sine * dx) / half_height;
      const float radius = ellipse ? std::hypot(u, v) : std::max(u, v);       // 1 on the edge
      const float inside = (1 - radius) * std::min(half_width, half_height);  // pixels, roughly
      map[size_t(y * kSide + x)] = std::clamp(inside + 0.5f, 0.0f, 1.0f);
    }
  return map;
}

// Mostly muted: one grey, and a tint that is small against it.
Colour colour(Rng& rng) {
  const float grey = between(rng, 0, 255);
  Colour out;
  for (float& channel : out) channel = grey + float(25 * rng.normal());
  return out;
}

// Paints a textured surface, from one colour to another, where `mask` is not 0.
void paint(Rng& rng, const Map& mask, std::array<Colour, size_t(kSide) * kSide>& picture) {
  const Colour from = colour(rng), to = colour(rng);
  const float contrast = between(rng, 0.1, 1);
  const Map surface = texture(rng);
  for (size_t i = 0; i < picture.size(); ++i)
    for (size_t c = 0; c < kChannels; ++c) {
      const float mix = 0.5f + contrast * surface[i];
      picture[i][c] += mask[i] * (from[c] + mix * (to[c] - from[c]) - picture[i][c]);
    }
}

void draw(Rng rng, uint8_t* pixels) {
  std::array<Colour, size_t(kSide) * kSide> picture{};
  Map everywhere;
  everywhere.fill(1);
  paint(rng, everywhere, picture);
  for (int shapes = 1 + rng.below(6); shapes > 0; --shapes) paint(rng, shape(rng), picture);
  for (const Colour& pixel : picture)
    for (const float channel : pixel)
      *pixels++ = uint8_t(std::lround(std::clamp(channel, 0.0f, 255.0f)));
}

}  // namespace

Dataset procedural_pictures(int count, uint64_t seed) {
  assert(count >= 0);
  Dataset out{std::vector<uint8_t>(size_t(count) * kPictureBytes),
              std::vector<uint8_t>(size_t(count))};
#pragma omp parallel for schedule(static)
  for (int i = 0; i < count; ++i)
    draw(Rng(seed, uint64_t(i)), out.pixels.data() + size_t(i) * kPictureBytes);
  return out;
}

}  // namespace tri
