// Distillation: the loss of a student that learns from its teacher's logits and attention, from
// labels, and from what it costs.
#pragma once

#include <span>

#include "distill/judge/energy.h"
#include "engine/float/loss.h"
#include "engine/integer/int_net.h"

namespace tri {

struct DistillationWeights {
  double temperature = 2;  // T
  double labels = 0.3;     // of the cross-entropy to the labels
  double attention = 0;    // of attention transfer
  double energy = 0;       // of what values that are not 0 cost, over the teacher's energy
};

// T^2 * KL(teacher || student) of the softmax of logits / T, plus the weighted cross-entropy
// (Hinton, Vinyals and Dean, 2015). Logits: [n][classes], the teacher's in steps of kLogitStep.
// Returns the mean over the pictures; d [n][classes]: its gradient.
double distillation(int n, int classes, const float* logits, const int32_t* teacher_logits,
                    const uint16_t* labels, const DistillationWeights& weights, float* d);

// The mean over n pictures of the distance of attention maps, as distill/judge/attention.h has it,
// of one layer's output x [n][shape] to its teacher's maps [n][h * w]. d [n][shape]: its gradient
// times `weight`.
double attention_transfer(int n, Shape shape, const float* x, std::span<const double> teacher_maps,
                          double weight, float* d);

// All of it as a training's loss: the teacher runs in integers over each batch as it was augmented.
// student: the model that learns, for its attention layers and its energy. `teacher` and `weights`
// must outlive the loss; weights.energy may change from batch to batch.
Loss distillation(const IntNet& teacher, const Model& student, const DistillationWeights& weights,
                  const EnergyTable& energies);

}  // namespace tri
