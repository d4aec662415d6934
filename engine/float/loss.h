// Losses on logits: what a training minimizes. Softmax cross-entropy.
#pragma once

#include <cstdint>
#include <functional>

namespace tri {

// One batch as a loss sees it: n pictures as they were augmented, and what they show.
struct TrainingBatch {
  int n;
  const uint8_t* pixels;   // [n][h][w][c]
  const uint16_t* labels;  // [n]
};

// The mean loss of a batch whose logits are [n][classes]; d [n][classes]: its gradient.
using Loss =
    std::function<double(const TrainingBatch&, int classes, const float* logits, float* d)>;

// logits: [n][classes]; labels: [n]. Returns the mean loss; d [n][classes]: its gradient.
// smoothing: label smoothing (Szegedy et al., CVPR 2016), the share spread over all classes.
double cross_entropy(int n, int classes, const float* logits, const uint16_t* labels,
                     float smoothing, float* d);
Loss cross_entropy(float smoothing);

// How many of n pictures have their largest logit (the first of equals) at the label.
int count_correct(int n, int classes, const float* logits, const uint16_t* labels);

}  // namespace tri
