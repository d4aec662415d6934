// The float network: a table of layers, their parameters, and the passes over them. Training and
// quantization-aware training happen here; the integer network is made from it by quantize().
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/base/rng.h"
#include "engine/arithmetic/trisegment.h"
#include "engine/float/gemm.h"
#include "engine/graph/layer.h"
#include "engine/graph/plan.h"
#include "engine/graph/tensor.h"

namespace tri {

struct Net {
  std::string name;
  std::vector<Layer> layers;  // resolved

  // All weights, then gamma, then beta of every channel (of the logits: beta is the bias and gamma
  // stays unused; of a sum: they scale and move it, and stay 1 and 0 unless
  // BackwardMode::additions). Weights of layer i stand at weight_at[i], its channels at
  // channel_at[i].
  Buffer<float> params, grads;
  Buffer<float> running_mean, running_variance;  // [channels]
  std::vector<size_t> weight_at, channel_at;
  size_t weights = 0, channels = 0;
  BufferPlan gradients;  // of the backward pass: plan_backward()

  // QAT: weights are rounded to 8 bits where `quantized`; activations of layer i to codes of
  // scale[i], where that is above 0. Those of a tap that has a staircase go through it as well
  // (REQUIRES: a scale there). Empty: no tap has one.
  bool quantized = false;
  std::vector<float> scale;
  StaircaseSet staircases;

  Precision precision = Precision::fp32;  // of the products of both passes

  // Random weights (He et al., ICCV 2015); a 3x3 layer starts near the identity, which lets deep
  // plain networks train fast (Dirac initialization: Zagoruyko and Komodakis, 2017).
  Net(std::string name, std::vector<Layer> layers, Rng rng);

  float* weight(int layer) { return params.data() + weight_at[layer]; }
  float* gamma(int layer) { return params.data() + weights + channel_at[layer]; }
  float* beta(int layer) { return gamma(layer) + channels; }
};

// What forward keeps for backward; reused from batch to batch.
struct Activations {
  int n = 0;
  // [layers + 1]: out[0] is the picture, out[i + 1] layer i's output
  std::vector<Buffer<float>> out;
  std::vector<Buffer<float>> y;  // [layers]: convolutions before batch norm, sums before ReLU
  std::vector<Buffer<float>> mean, inverse_std;
  bool training = false;         // of the forward pass
  uint64_t dropout_seed = 0;     // likewise
  Buffer<float> rounded;         // 8-bit weights of every layer, as floats
  std::vector<Buffer<float>> d;  // gradients, by the buffers of Net::gradients
  Buffer<float> part;            // of the gradient of what several rows read

  const float* logits() const { return out.back().data(); }
};

struct ForwardMode {
  bool training = false;     // batch statistics and dropout
  float bn_momentum = 0.1f;  // of the running statistics
  uint64_t dropout_seed = 0;
};

// pictures: [n][h][w][c] as normalized floats, in acts.out[0]. Logits: acts.logits(),
// [n][classes].
void forward(Net& net, Activations& acts, int n, ForwardMode mode);

// Where a backward pass starts from.
struct LossGradient {
  std::vector<float> logits;  // [n][classes]
  // Of what activated layers put out, [n][h][w][c] by layer; one, or all, may be missing: 0.
  std::vector<std::vector<float>> outputs;
  // Of every output of a layer that has a staircase being above 0, by layer: the price of what is
  // not 0. None: 0. The slope of being above 0 is the staircase's at its first threshold.
  std::vector<float> nonzero;
};

struct BackwardMode {
  bool weights = true;        // false: leaves the weights' gradients out, a third of all work
  bool additions = false;     // the gains and offsets of sums get gradients, else 0
  float* pictures = nullptr;  // [n][h][w][c]: gets the gradient of the pictures
  // For a loss on what the convolution of a layer with batch norm returned, y [M][K], M = n * h *
  // w: adds its gradient to d [M][K], which holds that of the logits' loss.
  std::function<void(int layer, int M, int K, const float* y, float* d)> add = {};
};

// After forward(). Sets net.grads. The statistics of batch norm are taken
// as the forward pass took them: of the batch, and so functions of y, or running ones, and
// constant.
void backward(Net& net, Activations& acts, const LossGradient& loss, const BackwardMode& mode = {});

// Room for a batch of n; returns where the pictures go.
float* input(const Net& net, Activations& acts, int n);

// w [rows][K] -> out: rounded to the 8-bit codes of each channel's scale, as floats.
void fake_quantize_weights(const Layer& layer, const float* w, float* out);

}  // namespace tri
