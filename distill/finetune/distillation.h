// Distillation: the loss of a student that learns from its teacher's logits, and from labels.
#pragma once

#include "engine/float/loss.h"
#include "engine/integer/int_net.h"

namespace tri {

struct DistillationWeights {
  double temperature = 2;  // T
  double labels = 0.3;     // of the cross-entropy to the labels
};

// T^2 * KL(teacher || student) of the softmax of logits / T, plus the weighted cross-entropy
// (Hinton, Vinyals and Dean, 2015). Logits: [n][classes], the teacher's in steps of kLogitStep.
// Returns the mean over the pictures; d [n][classes]: its gradient.
double distillation(int n, int classes, const float* logits, const int32_t* teacher_logits,
                    const uint16_t* labels, const DistillationWeights& weights, float* d);

// The same as a training's loss: the teacher runs in integers over each batch as it was augmented.
// `teacher` must outlive it.
Loss distillation(const IntNet& teacher, const DistillationWeights& weights);

}  // namespace tri
