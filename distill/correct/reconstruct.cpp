#include "distill/correct/reconstruct.h"

#include <algorithm>

#include "data/base/check.h"
#include "distill/correct/samples.h"
#include "distill/correct/weight_fit.h"
#include "engine/arithmetic/quant.h"

namespace tri {
namespace {

constexpr int kAtOnce = 128;  // pictures that run together

// About so many pixels a layer is fitted on, where there are so many. With two pixels for each of a
// channel's weights, 4,608 of them, VGG19's students had 1.1 times the KL on held-out pictures.
size_t wanted_pixels(const Layer& l) { return std::max<size_t>(1 << 14, 8 * size_t(l.rows())); }

// Codes that resolve what is around the thresholds in steps of 1/85 of the distance between both.
constexpr TriSegment kFine = {85, 0, 170, 0};
// Of two levels: what is around their one threshold, in steps of 1/84 of its distance from 0.
constexpr int kFineMiddle = 128;
constexpr TriSegment kFineOne = {kFineMiddle - 42, 0, kFineMiddle + 42, 0};

// Some pictures on their way through a student, as far as all its layers are final: layer by layer,
// so that no layer runs again for those behind it.
class Stage {
 public:
  explicit Stage(const Dataset& pictures) : pictures_(pictures) {}

  // Runs a version of the student, alike up to here, as far as what row `until` reads.
  void run(const Model& model, int until, Observer* sampler, Calibrator* calibrator) {
    const IntNet net = part(model, until);
    const Staircases staircases(model, model.staircases);
    net.forward({.from = tap_,
                 .until = until,
                 .staircases = &staircases,
                 .observer = sampler,
                 .calibrator = calibrator},
                begin(), pictures_.size(), workspace_);
  }

  // From here on, runs begin with the codes of tap `to`, a cut of the graph whose layer is final.
  void advance(const Model& model, int to) {
    if (to <= tap_) return;
    const int row = model.tap_rows()[size_t(to)];
    const IntNet net = part(model, row + 1);
    const Staircases staircases(model, model.staircases);
    std::vector<uint8_t> codes(size_t(pictures_.size()) * model.layers[size_t(row)].output.size());
    net.forward({.from = tap_, .to = to, .staircases = &staircases}, begin(), pictures_.size(),
                codes.data(), workspace_);
    codes_ = std::move(codes), tap_ = to;
  }

  int tap() const { return tap_; }

 private:
  // The network from here to before a row.
  IntNet part(const Model& model, int end) const {
    return IntNet(model, "", "", {tap_ < 0 ? 0 : model.tap_rows()[size_t(tap_)] + 1, end});
  }
  const uint8_t* begin() const { return tap_ < 0 ? pictures_.pixels().data() : codes_.data(); }

  const Dataset& pictures_;
  Workspace workspace_;
  int tap_ = -1;  // whose codes are there; -1: the pictures are
  std::vector<uint8_t> codes_;
};

// Pictures that some layers are fitted on.
struct Sample {
  Dataset pictures;
  Stage stage{pictures};                     // the student's
  std::vector<size_t> pixels;                // [layers]: of each, 0 where it is fitted on others
  std::vector<std::vector<int32_t>> wanted;  // [layers]: what the teacher returns there

  Sample(const IntNet& teacher, Dataset some, bool all) : pictures(std::move(some)) {
    for (const Layer& l : teacher.model().layers)
      pixels.push_back(l.has_weights() && fitted_on_all(l) == all ? wanted_pixels(l) : 0);
    OutputSampler sampler(teacher.model(), pictures.size(), pixels);
    Workspace workspace;
    std::vector<int32_t> logits(size_t(kAtOnce) * size_t(teacher.model().layers.back().output.c));
    for (int first = 0; first < pictures.size(); first += kAtOnce)
      teacher.forward({.calibrator = &sampler}, pictures.picture(first),
                      std::min(kAtOnce, pictures.size() - first), logits.data(), workspace);
    wanted = std::move(sampler.rows);
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;
};

class Reconstruction {
 public:
  Reconstruction(const IntNet& net, const StaircaseSet& set, const Dataset& pictures,
                 const Dataset& calibration, const ChannelStatistics& statistics)
      : set_(set),
        some_(net, pictures.slice(std::max(0, pictures.size() - kFittedOn), pictures.size()),
              false),
        all_(net, pictures, true),
        calibrating_(calibration),
        student_(net.model()),
        target_(statistics),
        moved_(set.size()) {
    student_.staircases = set;
  }

  Model run(const OnProgress& progress) {
    std::vector<bool> errs(student_.layers.size());  // what a row hands on: a staircase came before
    for (int i = 0; i < int(student_.layers.size()); ++i) {
      progress(double(i) / double(student_.layers.size()));
      const Layer l = student_.layers[size_t(i)];  // a copy: calibration replaces the student
      bool reads_errors = false;
      for (const int source : l.sources) reads_errors |= source != kPicture && errs[size_t(source)];
      errs[size_t(i)] = reads_errors || behind(i);
      if (!l.has_sums()) continue;
      if (l.has_weights()) move_thresholds(i);
      if (!reads_errors) continue;
      if (l.has_weights()) fit(i);
      // A fit's spread is less than the teacher's, as it errs. That is right for logits, but not
      // where an average over the map follows, which takes the errors from them.
      if (!l.is_logits() || l.output.h * l.output.w > 1) calibrate(i);
    }
    return student_;
  }

 private:
  // The staircase behind the row at hand, or null.
  const TriSegment* behind(int i) const {
    const int tap = student_.layers[size_t(i)].tap;
    return tap >= 0 && set_[size_t(tap)] ? &*set_[size_t(tap)] : nullptr;
  }

  // The last tap before a row that runs may begin with; -1: there is none.
  int cut_before(int row) const {
    int tap = -1;
    for (int at = 0; at < row; ++at)
      if (student_.layers[size_t(at)].cut) tap = student_.layers[size_t(at)].tap;
    return tap;
  }

  Sample& sample_of(int layer) {
    return fitted_on_all(student_.layers[size_t(layer)]) ? all_ : some_;
  }

  // What the layer reads, by rows, in a version of the student.
  std::vector<uint8_t> inputs(const Model& model, int layer) {
    Sample& sample = sample_of(layer);
    InputSampler sampler(model, layer, sample.pictures.size(), sample.pixels[size_t(layer)]);
    sample.stage.run(model, layer, &sampler, nullptr);
    return std::move(sampler.rows);
  }

  void fit(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const size_t at = size_t(i);
    Sample& sample = sample_of(i);
    sample.stage.advance(student_, cut_before(i));
    fit_weights(l, inputs(student_, i), sample.wanted[at], behind(i), student_.quant[at],
                target_.mean[at], target_.deviation[at]);
    target_.headroom[at] = bias_headroom(student_.quant[at], l.output.c);
  }

  void calibrate(int i) {
    calibrating_.advance(student_, cut_before(i));
    const Model fitted = student_;
    const Staircases staircases(fitted, set_);
    StudentCalibrator calibrator(fitted, target_, staircases, true, i);
    calibrating_.run(fitted, i + 1, nullptr, &calibrator);
    student_ = calibrator.student();
  }

  // The thresholds of the tap that row i reads, by how much it then errs; of several rows that read
  // it the first one decides.
  void move_thresholds(int i) {
    const Layer& l = student_.layers[size_t(i)];
    const int tap = l.reads.front().tap, before = l.reads.front().from;
    if (tap < 0 || !set_[size_t(tap)]) return;
    const int passed = std::max({some_.stage.tap(), all_.stage.tap(), calibrating_.tap()});
    if (moved_[size_t(tap)] || passed >= tap) return;
    moved_[size_t(tap)] = true;
    const TriSegment f = *set_[size_t(tap)];
    const bool one = kind_of(f) == TapKind::two_levels;
    QuantLayer& q = student_.quant[size_t(before)];
    const std::vector<double>& headroom = target_.headroom[size_t(before)];
    const int C = l.in.c;

    // The student with fine codes there; where a channel has none, the codes it has.
    Model fine = student_;
    fine.staircases[size_t(tap)].reset();
    QuantLayer& r = fine.quant[size_t(before)];
    std::vector<ChannelThresholds> thresholds;
    for (int c = 0; c < C; ++c) {
      const Multiplier m{q.m[c], q.shift[c]};
      const double a1 = largest_accumulator(f.t1, m), a2 = largest_accumulator(f.t2, m);
      const double around = one ? f.width() / m.value() / 2 : 0;
      const auto finer =
          place(one ? kFineOne : kFine, a1 - around, a2 + around, q.bias[c], headroom[c]);
      thresholds.push_back(!finer ? ChannelThresholds{f.t1, f.t2, true}
                           : one  ? ChannelThresholds{kFineMiddle, kFineMiddle}
                                  : ChannelThresholds{kFine.t1, kFine.t2});
      if (finer) r.m[c] = finer->r.m, r.shift[c] = finer->r.shift, r.bias[c] += finer->offset;
    }
    const std::vector<ChannelThresholds> old = thresholds;
    fit_thresholds(l, inputs(fine, i), sample_of(i).wanted[size_t(i)], student_.quant[size_t(i)], f,
                   behind(i), thresholds);

    for (int c = 0; c < C; ++c) {
      if (thresholds[size_t(c)] == old[size_t(c)]) continue;
      const Multiplier m{r.m[c], r.shift[c]};
      const int32_t offset = r.bias[c] - q.bias[c];
      const double a1 = double(largest_accumulator(thresholds[size_t(c)].t1, m)) - offset;
      const double a2 = double(largest_accumulator(thresholds[size_t(c)].t2, m)) - offset;
      const auto moved = one ? place_one(f.t1, a1, {q.m[c], q.shift[c]}, q.bias[c], headroom[c])
                             : place(f, a1, a2, q.bias[c], headroom[c]);
      if (moved) q.m[c] = moved->r.m, q.shift[c] = moved->r.shift, q.bias[c] += moved->offset;
    }
  }

  const StaircaseSet& set_;
  Sample some_, all_;
  Stage calibrating_;
  Model student_;             // its first layers as they will be, the others still the teacher's
  ChannelStatistics target_;  // the teacher's, in the units of student_
  std::vector<bool> moved_;   // [taps]: whose thresholds are where they stay
};

}  // namespace

bool fitted_on_all(const Layer& l) {
  return l.is_logits() || size_t(kFittedOn) * size_t(l.output.h * l.output.w) < wanted_pixels(l);
}

Model reconstructed(const IntNet& net, const StaircaseSet& staircases, const Dataset& pictures,
                    const Dataset& calibration, const ChannelStatistics& statistics,
                    const OnProgress& progress) {
  CHECK(pictures.size() > 0 && calibration.size() > 0);
  return Reconstruction(net, staircases, pictures, calibration, statistics).run(progress);
}

}  // namespace tri
