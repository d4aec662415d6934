#include "distill/correct/reconstruct.h"

#include <algorithm>

#include "distill/correct/weight_fit.h"
#include "distill/correct/samples.h"
#include "data/base/check.h"
#include "engine/arithmetic/quant.h"

namespace tri {
namespace {

constexpr size_t kRows = 1 << 14;   // pixels that a layer is fitted on, about
constexpr int kAtOnce = 128;        // pictures that run together

// Codes that resolve what is around the thresholds in steps of 1/85 of the distance between both.
constexpr TriSegment kFine = {85, 0, 170, 0};

// Some pictures on their way through a student, as far as all its layers are final: layer by layer,
// so that no layer runs again for those behind it.
class Stage {
 public:
  explicit Stage(const Dataset& pictures) : pictures_(pictures) {}

  // Runs a version of the student, alike up to here, as far as the codes of tap `to`, which it
  // returns, or to the logits where there is no such tap.
  std::vector<uint8_t> run(const Model& model, int to, Tap* sampler, Calibrator* calibrator) {
    const IntNet net(model);
    const Staircases staircases(model, model.staircases);
    const int n = pictures_.size();
    const uint8_t* pixels = pictures_.pixels().data();
    if (to >= model.taps()) {
      std::vector<int32_t> logits(size_t(n) * size_t(model.layers.back().output.c));
      if (tap_ < 0)
        net.forward(pixels, n, logits.data(), workspace_, &staircases, sampler, calibrator);
      else
        net.forward_from(tap_, codes_.data(), n, logits.data(), workspace_, &staircases, sampler,
                         calibrator);
      return {};
    }
    const int layer = model.tap_layers()[size_t(to)];
    std::vector<uint8_t> codes(size_t(n) * model.layers[size_t(layer)].output.size());
    if (tap_ < 0)
      net.forward_until(to, pixels, n, codes.data(), workspace_, &staircases, sampler, calibrator);
    else
      net.forward_between(tap_, to, codes_.data(), n, codes.data(), workspace_, &staircases,
                          sampler, calibrator);
    return codes;
  }

  // From here on, runs begin with the codes of tap `to`, whose layer is final.
  void advance(const Model& model, int to) {
    if (to <= tap_) return;
    codes_ = run(model, to, nullptr, nullptr);
    tap_ = to;
  }

 private:
  const Dataset& pictures_;
  Workspace workspace_;
  int tap_ = -1;  // whose codes are there; -1: the pictures are
  std::vector<uint8_t> codes_;
};

// Shows the sampler what the teacher does with the pictures.
void watch(const IntNet& teacher, const Dataset& pictures, OutputSampler& sampler) {
  Workspace workspace;
  std::vector<int32_t> logits(size_t(kAtOnce) * size_t(teacher.model().layers.back().output.c));
  for (int first = 0; first < pictures.size(); first += kAtOnce)
    teacher.forward(pictures.picture(first), std::min(kAtOnce, pictures.size() - first),
                    logits.data(), workspace, nullptr, nullptr, &sampler);
}

class Reconstruction {
 public:
  Reconstruction(const IntNet& net, const StaircaseSet& set, const Dataset& pictures,
                 const Dataset& calibration, const ChannelStatistics& statistics)
      : teacher_(net),
        set_(set),
        pictures_(pictures),
        fitted_on_(pictures.slice(std::max(0, pictures.size() - kFittedOn), pictures.size())),
        fitting_(fitted_on_),
        calibrating_(calibration),
        levels_(count_levels(net, Staircases(net.model(), set), calibration.pixels())),
        wanted_(net.model(), fitted_on_.size(), kRows),
        student_(net.model()),
        target_(statistics) {
    watch(teacher_, fitted_on_, wanted_);
    student_.staircases = set;
  }

  Model run() {
    bool errs = false;  // what the layer reads: a staircase came before
    for (int i = 0; i < int(student_.layers.size()); ++i) {
      const Layer l = student_.layers[size_t(i)];  // a copy: calibration replaces the student
      if (l.kind == Kind::avg_pool) before_ = -1;  // what comes out has more than three levels
      if (!l.has_weights()) continue;
      if (before_ >= 0) move_thresholds(i);
      if (errs) {
        l.activated ? fit(i) : fit_last(i);
        // A fit's spread is less than the teacher's, as it errs. That is right for logits, but not
        // where an average over the map follows, which takes the errors from them.
        if (l.activated || l.output.h * l.output.w > 1) calibrate(i);
      }
      const bool staircase = l.activated && set_[size_t(tap_)];
      errs |= staircase;
      before_ = staircase ? i : -1;
      tap_ += l.activated;
    }
    return student_;
  }

 private:
  // The staircase behind the layer at hand, or null.
  const TriSegment* behind(int i) const {
    return student_.layers[size_t(i)].activated && set_[size_t(tap_)] ? &*set_[size_t(tap_)]
                                                                      : nullptr;
  }

  // What the layer reads, by rows, in a version of the student.
  std::vector<uint8_t> inputs(const Model& model, int layer) {
    InputSampler sampler(model.layers[size_t(layer)], layer, fitted_on_.size(), kRows);
    fitting_.run(model, tap_, &sampler, nullptr);
    return std::move(sampler.rows);
  }

  void fit(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const size_t at = size_t(i);
    fitting_.advance(student_, tap_ - 1);
    fit_weights(l, inputs(student_, i), wanted_.rows[at], behind(i), student_.quant[at],
                target_.mean[at], target_.deviation[at]);
    target_.room[at] = room_for_bias(student_.quant[at], l.output.c);
  }

  // The logits, on all pictures, as their maps have but one pixel or few.
  void fit_last(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const size_t at = size_t(i);
    OutputSampler wanted(teacher_.model(), pictures_.size(), kRows, i);
    watch(teacher_, pictures_, wanted);
    InputSampler sampler(l, i, pictures_.size(), kRows);
    Stage(pictures_).run(student_, tap_, &sampler, nullptr);
    fit_weights(l, sampler.rows, wanted.rows[at], nullptr, student_.quant[at], target_.mean[at],
                target_.deviation[at]);
  }

  void calibrate(int i) {
    calibrating_.advance(student_, tap_ - 1);
    const Model fitted = student_;
    const Staircases staircases(fitted, set_);
    StudentCalibrator calibrator(fitted, target_, staircases, &levels_, i);
    // To the next tap: the codes of its own are not yet put through the staircase.
    calibrating_.run(fitted, tap_ + 1, nullptr, &calibrator);
    student_ = calibrator.student();
  }

  // The thresholds of the layer before, by how much layer i then errs.
  void move_thresholds(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const TriSegment f = *set_[size_t(tap_ - 1)];
    QuantLayer& q = student_.quant[size_t(before_)];
    const std::vector<double>& room = target_.room[size_t(before_)];
    const int C = l.in.c;

    // The student with fine codes there; where a channel has none, the codes it has.
    Model fine = student_;
    fine.staircases[size_t(tap_ - 1)].reset();
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

  const IntNet& teacher_;
  const StaircaseSet& set_;
  const Dataset& pictures_;
  Dataset fitted_on_;  // the last of them
  Stage fitting_, calibrating_;
  LevelCounts levels_;
  OutputSampler wanted_;      // the teacher's accumulators
  Model student_;             // its first layers as they will be, the others still the teacher's
  ChannelStatistics target_;  // the teacher's, in the units of student_
  int tap_ = 0;               // of the layer at hand, or the next one
  int before_ = -1;           // the layer whose staircase the next one reads, if it reads one
};

}  // namespace

Model reconstructed(const IntNet& net, const StaircaseSet& staircases, const Dataset& pictures,
                    const Dataset& calibration, const ChannelStatistics& statistics) {
  CHECK(pictures.size() > 0 && calibration.size() > 0);
  return Reconstruction(net, staircases, pictures, calibration, statistics).run();
}

}  // namespace tri
