#include "distill/reconstruct.h"

#include <algorithm>

#include "distill/layer_fit.h"
#include "distill/samples.h"
#include "engine/check.h"
#include "engine/quant.h"

namespace tri {
namespace {

constexpr size_t kRows = 1 << 14;  // pixels that a layer is fitted on, about
constexpr int kAtOnce = 128;       // pictures that run together

// Codes that resolve what is around the thresholds in steps of 1/85 of the distance between both.
constexpr TriSegment kFine = {85, 0, 170, 0};

class Reconstruction {
 public:
  Reconstruction(const IntNet& net, const StaircaseSet& set, const Dataset& pictures,
                 const Dataset& calibration, const ChannelStatistics& statistics)
      : pictures_(pictures),
        calibration_(calibration),
        set_(set),
        logits_(size_t(std::max(pictures.size(), calibration.size())) *
                size_t(net.model().layers.back().output.c)),
        levels_(count_levels(net, Staircases(net.model(), set), calibration.pixels)),
        wanted_(net.model(), pictures.size(), kRows),
        student_(net.model()),
        target_(statistics) {
    for (int first = 0; first < pictures.size(); first += kAtOnce)
      net.forward(pictures.pixels.data() + size_t(first) * kPictureBytes,
                  std::min(kAtOnce, pictures.size() - first), logits_.data(), workspace_, nullptr,
                  nullptr, &wanted_);
    student_.staircases = set;
  }

  Model run() {
    bool errs = false;  // what the layer reads: a staircase came before
    for (int i = 0; i < int(student_.layers.size()); ++i) {
      const Layer& l = student_.layers[size_t(i)];
      if (l.kind == Kind::avg_pool) before_ = -1;  // what comes out has more than three levels
      if (!l.has_weights()) continue;
      if (before_ >= 0) move_thresholds(i);
      if (errs) {
        fit(i);
        calibrate(i);
      }
      const bool staircase = l.activated && set_[tap_];
      errs |= staircase;
      before_ = staircase ? i : -1;
      tap_ += l.activated;
    }
    return student_;
  }

 private:
  // Runs a version of the student as far as the codes of a tap, or of one beyond the last to the
  // logits.
  void forward(const Model& model, size_t tap, const Dataset& pictures, Tap* sampler,
               Calibrator* calibrator) {
    const IntNet net(model);
    const Staircases staircases(model, model.staircases);
    const uint8_t* pixels = pictures.pixels.data();
    if (tap == set_.size()) {
      net.forward(pixels, pictures.size(), logits_.data(), workspace_, &staircases, sampler,
                  calibrator);
    } else {
      const int layer = model.tap_layers()[tap];
      codes_.resize(size_t(pictures.size()) * model.layers[size_t(layer)].output.size());
      net.forward_until(int(tap), pixels, pictures.size(), codes_.data(), workspace_, &staircases,
                        sampler, calibrator);
    }
  }

  // The staircase behind the layer at hand, or null.
  const TriSegment* behind(int i) const {
    return student_.layers[size_t(i)].activated && set_[tap_] ? &*set_[tap_] : nullptr;
  }

  // What the layer reads, by rows, in a version of the student.
  std::vector<uint8_t> inputs(const Model& model, int layer) {
    InputSampler sampler(model.layers[size_t(layer)], layer, pictures_.size(), kRows);
    forward(model, tap_, pictures_, &sampler, nullptr);
    return std::move(sampler.rows);
  }

  void fit(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const size_t at = size_t(i);
    tri::fit_weights(l, inputs(student_, i), wanted_.rows[at], behind(i), student_.quant[at],
                     target_.mean[at], target_.deviation[at]);
    target_.room[at] = room_for_bias(student_.quant[at], l.output.c);
  }

  void calibrate(int i) {
    const Model fitted = student_;
    const Staircases staircases(fitted, set_);
    StudentCalibrator calibrator(fitted, target_, staircases, &levels_, i);
    forward(fitted, tap_ + student_.layers[size_t(i)].activated, calibration_, nullptr,
            &calibrator);
    student_ = calibrator.student();
  }

  // The thresholds of the layer before, by how much layer i then errs.
  void move_thresholds(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const TriSegment f = *set_[tap_ - 1];
    QuantLayer& q = student_.quant[size_t(before_)];
    const std::vector<double>& room = target_.room[size_t(before_)];
    const int C = l.in.c;

    // The student with fine codes there; where a channel has none, the codes it has.
    Model fine = student_;
    fine.staircases[tap_ - 1].reset();
    QuantLayer& r = fine.quant[size_t(before_)];
    std::vector<ChannelThresholds> thresholds;
    for (int c = 0; c < C; ++c) {
      const Multiplier m{q.m[c], q.shift[c]};
      const auto finer = place(kFine, largest_accumulator(f.t1, m), largest_accumulator(f.t2, m),
                               q.bias[c], room[c]);
      thresholds.push_back(finer ? ChannelThresholds{kFine.t1, kFine.t2}
                                 : ChannelThresholds{f.t1, f.t2, true});
      if (finer) r.m[c] = finer->r.m, r.shift[c] = finer->r.shift, r.bias[c] += finer->offset;
    }
    const std::vector<ChannelThresholds> old = thresholds;
    fit_thresholds(l, inputs(fine, i), wanted_.rows[size_t(i)], student_.quant[size_t(i)], f,
                   behind(i), thresholds);

    for (int c = 0; c < C; ++c) {
      if (thresholds[size_t(c)] == old[size_t(c)]) continue;
      const Multiplier m{r.m[c], r.shift[c]};
      const int32_t offset = r.bias[c] - q.bias[c];
      const auto moved = place(f, double(largest_accumulator(thresholds[size_t(c)].t1, m)) - offset,
                               double(largest_accumulator(thresholds[size_t(c)].t2, m)) - offset,
                               q.bias[c], room[c]);
      if (moved) q.m[c] = moved->r.m, q.shift[c] = moved->r.shift, q.bias[c] += moved->offset;
    }
  }

  const Dataset& pictures_;
  const Dataset& calibration_;
  const StaircaseSet& set_;
  Workspace workspace_;
  std::vector<int32_t> logits_;
  std::vector<uint8_t> codes_;
  LevelCounts levels_;
  OutputSampler wanted_;      // the teacher's accumulators
  Model student_;             // its first layers as they will be, the others still the teacher's
  ChannelStatistics target_;  // the teacher's, in the units of student_
  size_t tap_ = 0;            // of the layer at hand, or the next one
  int before_ = -1;           // the layer whose staircase the next one reads, if it reads one
};

}  // namespace

Model reconstructed(const IntNet& net, const StaircaseSet& staircases, const Dataset& pictures,
                    const Dataset& calibration, const ChannelStatistics& statistics) {
  CHECK(pictures.size() > 0 && calibration.size() > 0);
  return Reconstruction(net, staircases, pictures, calibration, statistics).run();
}

}  // namespace tri
