// lut convolution for NEON: blocks of 64 output channels, or 32, in pairs of registers.
#include <arm_neon.h>

#include "engine/kernels/conv/lut_events.h"

namespace tri {
namespace {

struct Pair {
  int8x16_t of[2];
};

// f of each register of some pairs.
template <class F, class... Pairs>
Pair each(F f, const Pairs&... pairs) {
  return {{f(pairs.of[0]...), f(pairs.of[1]...)}};
}

int16x8_t words_of(int8x16_t a) { return vreinterpretq_s16_s8(a); }

struct NeonEvents {
  using Register = Pair;
  static Register load(const int8_t* p) { return {{vld1q_s8(p), vld1q_s8(p + 16)}}; }
  static Register words(int even, int odd) {
    const int8x16_t both = vreinterpretq_s8_s32(vdupq_n_s32(odd << 16 | even));
    return {{both, both}};
  }
  static Register low_bytes(Register a, Register b) {
    return each([](int8x16_t x, int8x16_t y) { return vzip1q_s8(x, y); }, a, b);
  }
  static Register high_bytes(Register a, Register b) {
    return each([](int8x16_t x, int8x16_t y) { return vzip2q_s8(x, y); }, a, b);
  }
  static Register low_words(Register a, Register b) {
    return each(
        [](int8x16_t x, int8x16_t y) {
          return vreinterpretq_s8_s16(vzip1q_s16(words_of(x), words_of(y)));
        },
        a, b);
  }
  static Register high_words(Register a, Register b) {
    return each(
        [](int8x16_t x, int8x16_t y) {
          return vreinterpretq_s8_s16(vzip2q_s16(words_of(x), words_of(y)));
        },
        a, b);
  }
  static Register add_pairs(Register sum, Register a) {
    return each(
        [](int8x16_t s, int8x16_t x) { return vreinterpretq_s8_s16(vpadalq_s8(words_of(s), x)); },
        sum, a);
  }
  static Register multiply_add(Register sum, Register a, Register b) {
    return each(
        [](int8x16_t s, int8x16_t x, int8x16_t y) {
          const int16x8_t i = words_of(x), j = words_of(y);
          const int32x4_t products =
              vpaddq_s32(vmull_s16(vget_low_s16(i), vget_low_s16(j)), vmull_high_s16(i, j));
          return vreinterpretq_s8_s32(vaddq_s32(vreinterpretq_s32_s8(s), products));
        },
        sum, a, b);
  }
  static uint16_t* append(uint16_t* list, const uint8_t* codes, int count, int code, int first) {
    for (int c = 0; c < count; ++c, first += kUnit) {
      *list = uint16_t(first);
      list += codes[c] == code;
    }
    return list;
  }
  static void shift(const uint16_t* from, int16_t by, uint16_t* to) {
    for (int i = 0; i < kSlack; i += 8)
      vst1q_u16(to + i, vaddq_u16(vld1q_u16(from + i), vdupq_n_u16(uint16_t(by))));
  }
  static void pad(uint16_t* to, uint16_t row) {
    static_assert(kStep == 8);
    vst1q_u16(to, vdupq_n_u16(row));
  }
  template <int I>
  static uint64_t entry(uint64_t four) {
    return uint16_t(four >> 16 * I);
  }
  static constexpr auto finish = &tri::finish;
};

}  // namespace

void lut_neon(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  lut_convolution<NeonEvents>(conv, input, epilogue, y);
}

}  // namespace tri
