// Calibration of a student: every channel's mean and spread, or levels, matched to the teacher's.
//
// Staircases change what a layer hands on, and with it the distribution that the next layer's
// batch norm was fitted to; deep networks drift a little at every layer. As batch norm is folded
// into integers, its statistics are re-estimated by an affine correction of the accumulators A of
// each output channel k, such that A' = a * (A + d) has the teacher's mean and standard deviation:
//
//     a = sigma_teacher / sigma_student,   d = mu_teacher / a - mu_student
//
// d joins the bias and a the factor of requantization (engine/arithmetic/quant.h), so the corrected
// network costs no more. Layers are corrected one after the other, each on what the corrected ones
// before it make of the pictures. (Bias correction: Nagel et al., ICCV 2019, section 4.2; with the
// spread as well it is the re-estimation of batch norm's statistics.)
//
// Accumulators are no bell curves, so a student that is to be deployed gets a and d from its levels
// where it can: A' is above t1, and above t2, as often as the teacher's code of that channel is. Of
// two levels the one threshold gives d alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "data/dataset.h"
#include "engine/arithmetic/quant.h"
#include "engine/integer/int_net.h"

namespace tri {

// How many of a channel's codes are above each code.
using CodesAbove = std::array<int64_t, kCodeMax + 1>;

// Of every row with sums, over so many pictures: [layers][K], empty for rows without. Mean and
// deviation are of its accumulators. headroom: the largest |bias| with which no accumulator can
// leave 32 bits. above: of its codes, where they were counted.
struct ChannelStatistics {
  int pictures = 0;
  std::vector<std::vector<double>> mean, deviation, headroom;
  std::vector<std::vector<CodesAbove>> above;
};

// The teacher over pixels [n][h][w][c]: its logits [n][classes] and its statistics.
struct TeacherRun {
  std::vector<int32_t> logits;
  ChannelStatistics statistics;
};
TeacherRun run_teacher(const IntNet& net, std::span<const uint8_t> pixels,
                       Observer* observer = nullptr, bool count_codes = false);

// Gives the model of a teacher its statistics as these pictures leave them; those of the logits
// stay out, as in a teacher fresh from training.
void add_statistics(Model& model, std::span<const uint8_t> pixels);

// Sums over the accumulators of one layer's channels.
class ChannelSums {
 public:
  // Mean and standard deviation, [K].
  struct Moments {
    std::vector<double> mean, deviation;
  };
  // accumulators: [pixels][K]. Each channel is summed in the order of the pixels, so the result
  // does not depend on threads.
  void add(const int32_t* accumulators, size_t pixels, int K);
  Moments moments() const;
  void clear();

 private:
  size_t pixels_ = 0;
  std::vector<double> sum_, squares_;  // [K]
};

// Matches a student to its teacher's statistics while the pictures they were taken over pass, which
// is what IntNet::forward does with it: the logits of that forward are the corrected student's.
// The logits' own channels are corrected too.
class StudentCalibrator : public Calibrator {
 public:
  // All must outlive this; staircases are those of the forward. levels: whether they are matched,
  // which needs the teacher's codes counted. only: the one layer to correct, where it is not
  // negative.
  StudentCalibrator(const Model& model, const ChannelStatistics& teacher,
                    const Staircases& staircases, bool levels = false, int only = -1);
  void see(int layer, const int32_t* accumulators, size_t pixels) override;
  Epilogue epilogue(int layer, const Epilogue& usual) override;
  // After the forward: the student with all corrections folded in, and its staircases.
  Model student() const;

 private:
  // Of one layer, [K]: d, a * r as a multiplier, and both folded into thresholds.
  struct Correction {
    std::vector<int32_t> offset, m, shift, t1, t2;
  };
  void match_levels(int layer, const TriSegment& f, Correction& c);

  const Model& model_;
  const ChannelStatistics& teacher_;
  const Staircases& staircases_;
  bool levels_;
  int only_;
  std::vector<Correction> corrections_;  // [layers]
  ChannelSums sums_;                     // of the layer that is seen
  std::vector<int32_t> sample_;          // some of its pixels, [pixels][K]
  size_t pixels_seen_ = 0;
};

// The student of `net` that these staircases make, its levels matched on the pictures over which
// `teacher` was taken, codes counted.
Model calibrated(const IntNet& net, const StaircaseSet& staircases, std::span<const uint8_t> pixels,
                 const ChannelStatistics& teacher);

// What makes a channel's codes pass t1 and t2 where its accumulators pass two numbers: `offset`
// goes to the bias, r is the factor of requantization.
struct Placement {
  Multiplier r;
  int32_t offset;
};
// Codes are above f.t1 where accumulators A are above a1, and above f.t2 where they are above a2
// (to within rounding). nullopt: there is none, or `bias` and the offset together leave `headroom`.
std::optional<Placement> place(const TriSegment& f, double a1, double a2, int32_t bias,
                               double headroom);
// The same for one threshold t, which leaves the factor r free.
std::optional<Placement> place_one(int t, double a, Multiplier r, int32_t bias, double headroom);

}  // namespace tri
