// Batch norm, ReLU and fake-quantisation of activations as one pass: forward and backward.
#pragma once

#include <cstddef>

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

// out = q(relu(gamma * (y - mean) * inverse_std + beta)); q rounds to a code of `scale` and back
// where scale > 0, and is the identity where it is 0.
void batchnorm_relu_forward(const BatchNorm& bn, int M, int K, const float* y, float scale,
                            float* out);

// d [M][K]: in, the gradient of out; out, the gradient of y: with training through the statistics
// of the batch, else those that batchnorm_statistics() took are constant. The straight-through
// estimator (Bengio et al., 2013) passes gradients where 0 < a < the largest code. dgamma, dbeta:
// overwritten.
void batchnorm_relu_backward(const BatchNorm& bn, int M, int K, const float* y, float scale,
                             bool training, float* d, float* dgamma, float* dbeta);

// y [M][K] += bias; dbias = column sums of d: for the logits, which have neither norm nor ReLU.
void bias_forward(int M, int K, const float* bias, float* y);
void bias_backward(int M, int K, const float* d, float* dbias);

}  // namespace tri
