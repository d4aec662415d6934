// The teacher's judgement of a student: R = -KL - w * AT on a set of pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "distill/attention.h"
#include "engine/int_net.h"

namespace tri {

class Reward {
 public:
  struct Parts {
    double kl, attention, reward;
  };

  // Runs the teacher once over pixels [n][32][32][3], n >= 1. `net` must outlive this.
  // attention_layers: names of activated layers; none: R = -KL.
  Reward(const IntNet& net, std::vector<uint8_t> pixels,
         const std::vector<std::string>& attention_layers, double attention_weight);

  // Runs the student. The same parts for any number of threads.
  Parts operator()(const Staircases& student);

 private:
  void run(const Staircases* staircases, std::vector<int32_t>& logits, AttentionMaps& maps);

  const IntNet& net_;
  std::vector<uint8_t> pixels_;
  double attention_weight_;
  Workspace workspace_;
  std::vector<int32_t> teacher_logits_, student_logits_;
  AttentionMaps teacher_maps_, student_maps_;
};

}  // namespace tri
