// Softmax cross-entropy.
#pragma once

#include <cstdint>

namespace tri {

// logits: [n][classes]; labels: [n]. Returns the mean loss; d [n][classes]: its gradient.
// smoothing: label smoothing (Szegedy et al., CVPR 2016), the share spread over all classes.
double cross_entropy(int n, int classes, const float* logits, const uint16_t* labels,
                     float smoothing, float* d);

// How many of n pictures have their largest logit (the first of equals) at the label.
int count_correct(int n, int classes, const float* logits, const uint16_t* labels);

}  // namespace tri
