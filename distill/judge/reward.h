// The reward of a student, and the judge that finds its parts: the student beside its teacher on a
// set of pictures. What the student costs is left to distill/judge/energy.h, and which pictures it
// is judged on to rl/search/objective.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "distill/correct/calibrate.h"
#include "distill/judge/attention.h"
#include "engine/integer/observers.h"

namespace tri {

// What a student's logits, attention and events say beside its teacher's.
struct RewardParts {
  double kl = 0;         // KL(student || teacher), nats a picture; T^2 KL at a temperature T
  double attention = 0;  // AT, the distance of attention maps
  double agreement = 0;  // with the teacher's top-1 class, a fraction
  double energy = 0;     // E, over the teacher's; 0 where it is not counted
};

struct RewardWeights {
  double attention = 0.1;  // w
  double energy = 0;       // W
};

// R = -KL - w * AT - W * E: 0 for the teacher itself, where W is 0. Agreement is reported, not
// rewarded: it is a step function, and few pictures make it noisy.
double reward(const RewardParts& parts, const RewardWeights& weights);

class Judge {
 public:
  // Runs the teacher once over the pictures, at least one. `net` must outlive this.
  // attention_layers: names of activated layers; none: attention is 0. temperature: of KL.
  Judge(const IntNet& net, Dataset pictures, const std::vector<std::string>& attention_layers,
        double temperature = 1);

  // What students have in common that are alike before some tap.
  struct Head {
    int cut;                     // the tap, a cut of the graph (Layer::cut)
    std::vector<uint8_t> codes;  // [n][shape], of the tap's layer, before its staircase
    AttentionMaps maps;          // of the taps before
  };
  // Of students of the teacher that have these staircases before the tap, calibrated or not. The
  // parts of a student are the same with its head as without.
  Head head(int cut, const Staircases& staircases, bool calibrated, Workspace& workspace,
            EventRecorder* events = nullptr) const;

  // Runs a student: these staircases on `student`, the teacher itself or a corrected copy of it.
  // The same parts for any number of threads; one workspace a thread. events: what the student's
  // layers read is counted there, if it is not null; those that its head has read are not. What
  // they cost (energy) is not yet among the parts.
  RewardParts operator()(const IntNet& student, const Staircases& staircases, Workspace& workspace,
                         EventRecorder* events = nullptr, const Head* head = nullptr) const;
  // Runs the student that these staircases make of the teacher, calibrated on these very pictures.
  RewardParts calibrated(const Staircases& staircases, Workspace& workspace,
                         EventRecorder* events = nullptr, const Head* head = nullptr) const;

 private:
  RewardParts run(const IntNet& net, const Staircases& staircases, Calibrator* calibrator,
                  Workspace& workspace, EventRecorder* events, const Head* head) const;

  const IntNet& net_;
  Dataset pictures_;
  double temperature_;
  std::vector<int32_t> teacher_logits_;
  AttentionMaps teacher_maps_, no_maps_;
  ChannelStatistics teacher_statistics_;
};

}  // namespace tri
