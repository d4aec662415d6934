// The one place where floats become integers: scale, zero point, rounding, clamp.
//
// An activation a >= 0 is stored as an unsigned code x with a = s * x, 0 <= x <= 255. A weight w of
// output channel k is a signed code q, |q| <= 127, with w = u[k] * q. The picture is the exception:
// its codes are the pixels themselves, a = (x - kPixelZero) / kPixelUnit, without any rounding.
//
// Values that may be negative (of a row without ReLU: linear bottlenecks, shortcuts) are unsigned
// codes as well, a = s * (x - kSignedZero): every kernel reads bytes 0..255, and one that reads
// such codes pads with kSignedZero, as it pads pictures with kPixelZero. In general a = s * (x -
// z), z the zero point; the sum of q * (x - z) is the sum of q * x and a constant, which is in the
// bias.
//
// A convolution's accumulator is the integer A = sum of q * x (+ bias), worth s_in * u[k] * A.
// The next code is therefore round(A * r), r = s_in * u[k] / s_out, computed in integers alone:
// r = m * 2^-shift with 2^30 <= m < 2^31, and
//
//     code(A) = min(255, (max(A, 0) * m + 2^(shift-1)) >> shift)          (64-bit product)
//
// which rounds halves up. max(A, 0) is the ReLU. code() never falls as A rises, so a staircase on
// codes is a staircase on accumulators: see largest_accumulator(). A signed code needs no formula
// of its own: its accumulator has round(kSignedZero / r) in its bias, so that 0 becomes kSignedZero
// and max(A, 0) the lower end of the range.
//
// An addition sums codes of two scales: A[k] = fa[k] * xa + fb[k] * xb + bias[k], with factors of
// up to kFactorMax in steps of A's unit u: fa = round(sa / u), u = max(sa, sb) / kFactorMax; both
// zero points are in the bias. From there on A is a convolution's accumulator, with r = u / s_out.
//
// Batch norm: gamma * (y - mean) / sigma + beta, y = sum of w * a, is a convolution with weights
// w * gamma / sigma and bias beta - gamma * mean / sigma. Scaling a channel by g scales its largest
// |w| by |g|, so quantizing the folded weights gives the codes of the unfolded ones, the sign of g
// aside: fold(quantize(w)) = quantize(fold(w)). QAT can therefore quantize w itself and meet the
// same integers as quantize() does.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace tri {

constexpr int kWeightMax = 127;
constexpr int kCodeMax = 255;
constexpr int kSignedZero = 128;
constexpr int kFactorMax = 1 << 14;
// u and one of the factors of an addition, above.
inline double sum_unit(double sa, double sb) { return std::max(sa, sb) / kFactorMax; }
inline int32_t sum_factor(double s, double unit) { return int32_t(std::lround(s / unit)); }

// Halves away from zero: the rounding of every float that becomes a code.
inline float round_code(float value) { return std::round(value); }

// u of each output channel of w [R][K]: its largest |w| gets the code kWeightMax. 1 where all are
// 0.
std::vector<float> weight_units(int R, int K, const float* w);
inline float weight_code(float w, float unit) { return round_code(w / unit); }

// A channel whose weights, in codes, have become other numbers is rounded anew: by what they are
// all multiplied, and its accumulator with them, so that the largest |w| gets the code kWeightMax.
inline double weight_gain(double largest) { return kWeightMax / largest; }
// The code of a weight that is counted in codes already, halves away from zero.
inline int8_t round_weight(double codes) { return int8_t(std::lround(codes)); }

// r > 0 as m * 2^-shift.
struct Multiplier {
  int32_t m = 1 << 30;
  int32_t shift = 30;  // 1..62

  double value() const { return std::ldexp(double(m), -shift); }
};
// Throws Error when r is not a positive finite number or is out of the range 2^-32 .. 2^29.
Multiplier multiplier(double r);
// Whether r is in that range with a factor of 2 to spare at both ends.
inline bool has_multiplier(double r) { return r > 0x1p-31 && r < 0x1p28; }

inline uint8_t requantize(int32_t accumulator, Multiplier r) {
  const int64_t a = accumulator > 0 ? accumulator : 0;
  const int64_t code = (a * r.m + (int64_t(1) << (r.shift - 1))) >> r.shift;
  return uint8_t(code < kCodeMax ? code : kCodeMax);
}

// The same without ReLU and clamp, for logits: floor(A * r + 1/2), kept within 32 bits.
inline int32_t rescale(int32_t accumulator, Multiplier r) {
  const int64_t half = int64_t(1) << (r.shift - 1);
  return int32_t(std::clamp<int64_t>((accumulator * int64_t(r.m) + half) >> r.shift,
                                     std::numeric_limits<int32_t>::min(),
                                     std::numeric_limits<int32_t>::max()));
}

// The largest accumulator A with requantize(A, r) <= code: "code > t" on codes is
// "A > largest_accumulator(t, r)" on accumulators. INT32_MAX where every accumulator qualifies.
int32_t largest_accumulator(int code, Multiplier r);

}  // namespace tri
