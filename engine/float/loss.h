// Losses on logits: what a training minimizes. Softmax cross-entropy.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/float/net.h"

namespace tri {

// One batch as a loss sees it: n pictures as they were augmented, and what they show.
struct TrainingBatch {
  int n;
  const uint8_t* pixels;   // [n][h][w][c]
  const uint16_t* labels;  // [n]
};

// The mean loss of a batch that has passed `net`, and its gradient: `gradient` comes with room for
// that of the logits, and without anything else.
using Loss = std::function<double(const TrainingBatch&, const Net& net, const Activations&,
                                  LossGradient& gradient)>;

// logits: [n][classes]; labels: [n]. Returns the mean loss; d [n][classes]: its gradient.
// smoothing: label smoothing (Szegedy et al., CVPR 2016), the share spread over all classes.
double cross_entropy(int n, int classes, const float* logits, const uint16_t* labels,
                     float smoothing, float* d);
Loss cross_entropy(float smoothing);

// How many of n pictures have their largest logit (the first of equals) at the label.
int count_correct(int n, int classes, const float* logits, const uint16_t* labels);

}  // namespace tri
