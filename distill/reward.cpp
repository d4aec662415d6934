#include "distill/reward.h"

#include <utility>

#include "distill/kl.h"
#include "engine/check.h"

namespace tri {
namespace {

std::vector<int> taps_of(const Model& model, const std::vector<std::string>& layers) {
  std::vector<int> taps;
  for (const std::string& name : layers) taps.push_back(model.tap(name));
  return taps;
}

}  // namespace

Reward::Reward(const IntNet& net, std::vector<uint8_t> pixels,
               const std::vector<std::string>& attention_layers, double attention_weight)
    : net_(net),
      pixels_(std::move(pixels)),
      attention_weight_(attention_weight),
      teacher_maps_(taps_of(net.model(), attention_layers)),
      no_maps_(teacher_maps_) {
  TeacherRun teacher = run_teacher(net_, pixels_, &teacher_maps_);
  teacher_logits_ = std::move(teacher.logits);
  teacher_statistics_ = std::move(teacher.statistics);
}

Reward::Parts Reward::operator()(const IntNet& student, const Staircases& staircases,
                                 Workspace& workspace, EventRecorder* events) const {
  return run(student, staircases, nullptr, workspace, events);
}

Reward::Parts Reward::calibrated(const Staircases& staircases, Workspace& workspace,
                                 EventRecorder* events) const {
  StudentCalibrator calibrator(net_.model(), teacher_statistics_, staircases);
  return run(net_, staircases, &calibrator, workspace, events);
}

Reward::Parts Reward::run(const IntNet& net, const Staircases& staircases, Calibrator* calibrator,
                          Workspace& workspace, EventRecorder* events) const {
  std::vector<int32_t> logits(teacher_logits_.size());
  AttentionMaps maps = no_maps_;
  const int classes = net_.model().layers.back().output.c;
  Taps both({&maps, events});
  net.forward(pixels_.data(), int(logits.size()) / classes, logits.data(), workspace, &staircases,
              events ? static_cast<Tap*>(&both) : &maps, calibrator);
  const double kl = kl_divergence(logits, teacher_logits_, classes);
  const double attention = attention_distance(maps, teacher_maps_);
  return {kl, attention, -kl - attention_weight_ * attention,
          agreement(logits, teacher_logits_, classes)};
}

}  // namespace tri
