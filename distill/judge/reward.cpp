#include "distill/judge/reward.h"

#include <utility>

#include "distill/judge/kl.h"
#include "data/base/check.h"

namespace tri {
namespace {

std::vector<int> taps_of(const Model& model, const std::vector<std::string>& layers) {
  std::vector<int> taps;
  for (const std::string& name : layers) taps.push_back(model.tap(name));
  return taps;
}

Taps both(AttentionMaps& maps, EventRecorder* events) {
  return events ? Taps({&maps, events}) : Taps({&maps});
}

}  // namespace

Reward::Reward(const IntNet& net, Dataset pictures,
               const std::vector<std::string>& attention_layers, double attention_weight)
    : net_(net),
      pictures_(std::move(pictures)),
      attention_weight_(attention_weight),
      teacher_maps_(taps_of(net.model(), attention_layers)),
      no_maps_(teacher_maps_) {
  TeacherRun teacher = run_teacher(net_, pictures_.pixels(), &teacher_maps_);
  teacher_logits_ = std::move(teacher.logits);
  teacher_statistics_ = std::move(teacher.statistics);
}

Reward::Head Reward::head(int cut, const Staircases& staircases, bool calibrated,
                          Workspace& workspace, EventRecorder* events) const {
  const Model& model = net_.model();
  const auto n = size_t(pictures_.size());
  const Layer& l = model.layers[size_t(model.tap_layers()[size_t(cut)])];
  Head head{cut, std::vector<uint8_t>(n * l.output.size()), no_maps_};
  StudentCalibrator calibrator(model, teacher_statistics_, staircases);
  Taps taps = both(head.maps, events);
  net_.forward_until(cut, pictures_.pixels().data(), int(n), head.codes.data(), workspace, &staircases, &taps,
                     calibrated ? &calibrator : nullptr);
  return head;
}

Reward::Parts Reward::operator()(const IntNet& student, const Staircases& staircases,
                                 Workspace& workspace, EventRecorder* events,
                                 const Head* head) const {
  return run(student, staircases, nullptr, workspace, events, head);
}

Reward::Parts Reward::calibrated(const Staircases& staircases, Workspace& workspace,
                                 EventRecorder* events, const Head* head) const {
  StudentCalibrator calibrator(net_.model(), teacher_statistics_, staircases);
  return run(net_, staircases, &calibrator, workspace, events, head);
}

Reward::Parts Reward::run(const IntNet& net, const Staircases& staircases, Calibrator* calibrator,
                          Workspace& workspace, EventRecorder* events, const Head* head) const {
  std::vector<int32_t> logits(teacher_logits_.size());
  AttentionMaps maps = head ? head->maps : no_maps_;
  Taps taps = both(maps, events);
  const int classes = net_.model().layers.back().output.c, n = int(logits.size()) / classes;
  if (head)
    net.forward_from(head->cut, head->codes.data(), n, logits.data(), workspace, &staircases, &taps,
                     calibrator);
  else
    net.forward(pictures_.pixels().data(), n, logits.data(), workspace, &staircases, &taps, calibrator);
  const double kl = kl_divergence(logits, teacher_logits_, classes);
  const double attention = attention_distance(maps, teacher_maps_);
  return {kl, attention, -kl - attention_weight_ * attention,
          agreement(logits, teacher_logits_, classes)};
}

}  // namespace tri
