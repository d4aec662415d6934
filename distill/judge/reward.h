// The teacher's judgement of a student: R = -KL - w * AT on a set of pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "distill/judge/attention.h"
#include "distill/correct/calibrate.h"
#include "engine/integer/observers.h"

namespace tri {

class Reward {
 public:
  struct Parts {
    double kl, attention, reward;
    double agreement = 0;  // with the teacher's top-1 class, a fraction
    double energy = 0;     // over the teacher's, where the caller has it counted
  };

  // Runs the teacher once over the pictures, at least one. `net` must outlive this.
  // attention_layers: names of activated layers; none: R = -KL.
  Reward(const IntNet& net, Dataset pictures,
         const std::vector<std::string>& attention_layers, double attention_weight);

  // What students have in common that are alike before some tap.
  struct Head {
    int cut;                     // the tap
    std::vector<uint8_t> codes;  // [n][shape], of the tap's layer, before its staircase
    AttentionMaps maps;          // of the taps before
  };
  // Of students of the teacher that have these staircases before the tap, calibrated or not. The
  // parts of a student are the same with its head as without.
  Head head(int cut, const Staircases& staircases, bool calibrated, Workspace& workspace,
            EventRecorder* events = nullptr) const;

  // Runs a student: these staircases on `student`, the teacher itself or a corrected copy of it.
  // The same parts for any number of threads; one workspace a thread. events: what the student's
  // layers read is counted there, if it is not null; those that its head has read are not.
  Parts operator()(const IntNet& student, const Staircases& staircases, Workspace& workspace,
                   EventRecorder* events = nullptr, const Head* head = nullptr) const;
  // Runs the student that these staircases make of the teacher, calibrated on these very pictures.
  Parts calibrated(const Staircases& staircases, Workspace& workspace,
                   EventRecorder* events = nullptr, const Head* head = nullptr) const;

 private:
  Parts run(const IntNet& net, const Staircases& staircases, Calibrator* calibrator,
            Workspace& workspace, EventRecorder* events, const Head* head) const;

  const IntNet& net_;
  Dataset pictures_;
  double attention_weight_;
  std::vector<int32_t> teacher_logits_;
  AttentionMaps teacher_maps_, no_maps_;
  ChannelStatistics teacher_statistics_;
};

}  // namespace tri
