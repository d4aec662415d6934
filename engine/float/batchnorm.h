// Batch norm and what follows it (ReLU or nothing, fake-quantization, a staircase) as one pass:
// forward and backward.
#pragma once

#include <cstddef>

#include "engine/arithmetic/trisegment.h"
#include "engine/graph/layer.h"

namespace tri {

// Ioffe and Szegedy, ICML 2015. All arrays are [K]; the activations are [M][K], M = N * H * W.
struct BatchNorm {
  const float *gamma, *beta;
  float *running_mean, *running_variance;
  float *mean, *inverse_std;  // of this batch (training) or the running ones: backward needs them
};
constexpr float kEpsilon = 1e-5f;

// Per-channel mean and (biased) variance of y over M rows.
void channel_moments(int M, int K, const float* y, float* mean, float* variance);

// Training: statistics of the batch, and the running ones move towards them by `momentum`.
// Otherwise: the running ones.
void batchnorm_statistics(const BatchNorm& bn, int M, int K, const float* y, bool training,
                          float momentum);

// What follows a norm, or a sum: relu(z) or z itself; rounded to a code of `scale` and back where
// that is above 0 (unsigned after a ReLU, signed without: engine/arithmetic/quant.h); the code put
// through the staircase where there is one.
struct Activate {
  Activation kind = Activation::relu;  // relu or linear
  float scale = 0;
  const TriSegment* staircase = nullptr;  // REQUIRES: relu and a scale
  float nonzero = 0;  // backward: the gradient of each of its values being above 0
};

// out = activate(gamma * (y - mean) * inverse_std + beta).
void batchnorm_forward(const BatchNorm& bn, int M, int K, const float* y, const Activate& activate,
                       float* out);

// d [M][K]: in, the gradient of out; out, the gradient of y: with training through the statistics
// of the batch, else those that batchnorm_statistics() took are constant. The straight-through
// estimator (Bengio et al., 2013) passes gradients where values are within the range of the codes;
// a staircase has triangles around its thresholds for a slope. dgamma, dbeta: overwritten.
void batchnorm_backward(const BatchNorm& bn, int M, int K, const float* y, const Activate& activate,
                        bool training, float* d, float* dgamma, float* dbeta);

// The same without a norm: out = activate(y), and d becomes the gradient of y.
void activate_forward(int M, int K, const float* y, const Activate& activate, float* out);
void activate_backward(int M, int K, const float* y, const Activate& activate, float* d);

// y [M][K] += bias; dbias = column sums of d: for the logits, which have neither norm nor ReLU.
void bias_forward(int M, int K, const float* bias, float* y);
void bias_backward(int M, int K, const float* d, float* dbias);

}  // namespace tri
