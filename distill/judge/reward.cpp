#include "distill/judge/reward.h"

#include <utility>

#include "data/base/check.h"
#include "distill/judge/kl.h"

namespace tri {
namespace {

Observers both(AttentionMaps& maps, EventRecorder* events) {
  return events ? Observers({&maps, events}) : Observers({&maps});
}

}  // namespace

double reward(const RewardParts& parts, const RewardWeights& weights) {
  return -parts.kl - weights.attention * parts.attention - weights.energy * parts.energy;
}

Judge::Judge(const IntNet& net, Dataset pictures, const std::vector<std::string>& attention_layers,
             double temperature)
    : net_(net),
      pictures_(std::move(pictures)),
      temperature_(temperature),
      teacher_maps_(taps_of(net.model(), attention_layers)),
      no_maps_(teacher_maps_) {
  TeacherRun teacher = run_teacher(net_, pictures_.pixels(), &teacher_maps_);
  teacher_logits_ = std::move(teacher.logits);
  teacher_statistics_ = std::move(teacher.statistics);
}

Judge::Head Judge::head(int cut, const Staircases& staircases, bool calibrated,
                        Workspace& workspace, EventRecorder* events) const {
  const Model& model = net_.model();
  const auto n = size_t(pictures_.size());
  const Layer& l = model.layers[size_t(model.tap_rows()[size_t(cut)])];
  Head head{cut, std::vector<uint8_t>(n * l.output.size()), no_maps_};
  StudentCalibrator calibrator(model, teacher_statistics_, staircases);
  Observers observers = both(head.maps, events);
  net_.forward({.to = cut,
                .staircases = &staircases,
                .observer = &observers,
                .calibrator = calibrated ? &calibrator : nullptr},
               pictures_.pixels().data(), int(n), head.codes.data(), workspace);
  return head;
}

RewardParts Judge::operator()(const IntNet& student, const Staircases& staircases,
                              Workspace& workspace, EventRecorder* events, const Head* head) const {
  return run(student, staircases, nullptr, workspace, events, head);
}

RewardParts Judge::calibrated(const Staircases& staircases, Workspace& workspace,
                              EventRecorder* events, const Head* head) const {
  StudentCalibrator calibrator(net_.model(), teacher_statistics_, staircases);
  return run(net_, staircases, &calibrator, workspace, events, head);
}

RewardParts Judge::run(const IntNet& net, const Staircases& staircases, Calibrator* calibrator,
                       Workspace& workspace, EventRecorder* events, const Head* head) const {
  std::vector<int32_t> logits(teacher_logits_.size());
  AttentionMaps maps = head ? head->maps : no_maps_;
  Observers observers = both(maps, events);
  const int classes = net_.model().layers.back().output.c, n = int(logits.size()) / classes;
  net.forward({.from = head ? head->cut : -1,
               .staircases = &staircases,
               .observer = &observers,
               .calibrator = calibrator},
              head ? head->codes.data() : pictures_.pixels().data(), n, logits.data(), workspace);
  return {.kl = kl_divergence(logits, teacher_logits_, classes, temperature_),
          .attention = attention_distance(maps, teacher_maps_),
          .agreement = agreement(logits, teacher_logits_, classes)};
}

}  // namespace tri
