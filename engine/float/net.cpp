#include "engine/float/net.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/base/check.h"
#include "engine/arithmetic/quant.h"
#include "engine/float/batchnorm.h"
#include "engine/float/conv.h"
#include "engine/float/pool.h"

namespace tri {
namespace {

BatchNorm batchnorm(Net& net, Activations& acts, int i) {
  const size_t at = net.channel_at[i];
  return {net.gamma(i),
          net.beta(i),
          net.running_mean.data() + at,
          net.running_variance.data() + at,
          acts.mean[i].data(),
          acts.inverse_std[i].data()};
}

const float* weights_used(Net& net, const Activations& acts, int i) {
  return net.quantized ? acts.rounded.data() + net.weight_at[i] : net.weight(i);
}

Activate activate(const Net& net, int i) {
  const Layer& l = net.layers[i];
  const bool staircase = l.tap >= 0 && !net.staircases.empty() && net.staircases[l.tap];
  return {l.activation, net.scale[i], staircase ? &*net.staircases[l.tap] : nullptr, 0};
}

// out [size] = a + b.
void sum(size_t size, const float* a, const float* b, float* out) {
#pragma omp parallel for
  for (size_t i = 0; i < size; ++i) out[i] = a[i] + b[i];
}

// out = x where an element is kept, times what keeps the mean, else 0. The same seed drops the same
// elements, so backward makes the mask again.
void dropout(const Layer& l, int n, uint64_t seed, const float* x, float* out) {
  const size_t size = l.output.size();
  const auto threshold = uint32_t(std::lround(l.rate * 65536));
  const float keep = 65536.0f / float(65536 - threshold);
#pragma omp parallel for
  for (int picture = 0; picture < n; ++picture) {
    Rng rng(seed, uint64_t(picture));
    const float* from = x + picture * size;
    float* to = out + picture * size;
    uint64_t bits = 0;  // 16 for each of four elements
    for (size_t i = 0; i < size; ++i, bits >>= 16) {
      if (i % 4 == 0) bits = rng.next();
      to[i] = (bits & 0xffff) < threshold ? 0 : from[i] * keep;
    }
  }
}

}  // namespace

Net::Net(std::string name_, std::vector<Layer> layers_, Rng rng)
    : name(std::move(name_)),
      layers(std::move(layers_)),
      gradients(plan_backward(layers)),
      scale(layers.size(), 0) {
  for (const Layer& l : layers) {
    weight_at.push_back(weights), channel_at.push_back(channels);
    weights += l.weights();
    channels += l.has_sums() ? l.output.c : 0;
  }
  params.assign(weights + 2 * channels, 0);
  grads.assign(params.size(), 0);
  running_mean.assign(channels, 0);
  running_variance.assign(channels, 1);
  std::fill_n(params.data() + weights, channels, 1.0f);
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer& l = layers[i];
    if (!l.has_weights()) continue;
    const bool dirac = l.kind == Kind::conv && l.kernel == 3 && l.pad == 1 && l.is_tap();
    // The identity is disturbed a little. All else starts small: logits near 0, and before batch
    // norm, which does not see a scale, small weights take large steps until they have grown to fit
    // the rate (van Laarhoven, 2017). MobileNetV1 knew half of the held-out pictures after one of
    // ten epochs, and 30 % when it started from the usual sqrt(2 / rows).
    const float std = std::sqrt((dirac ? 1 / 3.f : 1 / 30.f) / l.rows());
    float* w = weight(int(i));
    for (size_t j = 0; j < l.weights(); ++j) w[j] = float(rng.normal()) * std;
    if (dirac)
      for (int c = 0; c < std::min(l.in.c, l.output.c); ++c)
        w[size_t(4 * l.in.c + c) * l.output.c + c] += 1;
  }
}

float* input(const Net& net, Activations& acts, int n) {
  const size_t layers = net.layers.size();
  acts.out.resize(layers + 1);
  for (auto* list : {&acts.y, &acts.mean, &acts.inverse_std}) list->resize(layers);
  acts.n = n;
  acts.out[0].resize(n * net.layers[0].in.size());
  return acts.out[0].data();
}

void fake_quantize_weights(const Layer& l, const float* w, float* out) {
  const int K = l.output.c, R = l.rows();
  const std::vector<float> unit = weight_units(R, K, w);
#pragma omp parallel for
  for (int r = 0; r < R; ++r)
    for (int k = 0; k < K; ++k) {
      const size_t at = size_t(r) * K + k;
      out[at] = unit[k] * weight_code(w[at], unit[k]);
    }
}

namespace {

// One row's pass over a batch.
void forward_row(Net& net, Activations& acts, int i, const ForwardMode& mode) {
  const Layer& l = net.layers[i];
  const int n = acts.n, K = l.output.c, M = n * l.output.h * l.output.w;
  const float* x = acts.out[l.sources[0] + 1].data();
  const size_t size = n * l.output.size();
  acts.out[i + 1].resize(size);
  float* out = acts.out[i + 1].data();
  switch (l.kind) {
    case Kind::conv:
    case Kind::depthwise: {
      if (net.quantized)
        fake_quantize_weights(l, net.weight(i), acts.rounded.data() + net.weight_at[i]);
      if (!l.has_norm()) {
        conv_forward(l, n, x, weights_used(net, acts, i), out, net.precision);
        bias_forward(M, K, net.beta(i), out);
        break;
      }
      acts.y[i].resize(size), acts.mean[i].resize(K), acts.inverse_std[i].resize(K);
      float* y = acts.y[i].data();
      conv_forward(l, n, x, weights_used(net, acts, i), y, net.precision);
      const BatchNorm bn = batchnorm(net, acts, i);
      batchnorm_statistics(bn, M, K, y, mode.training, mode.bn_momentum);
      batchnorm_forward(bn, M, K, y, activate(net, i), out);
      break;
    }
    case Kind::add:
      acts.y[i].resize(size);
      sum(size, x, acts.out[l.sources[1] + 1].data(), acts.y[i].data());
      acts.mean[i].assign(K, 0), acts.inverse_std[i].assign(K, 1);
      batchnorm_forward(batchnorm(net, acts, i), M, K, acts.y[i].data(), activate(net, i), out);
      break;
    case Kind::max_pool:
      max_pool_forward(l, n, x, out);
      break;
    case Kind::avg_pool:
      avg_pool_forward(l, n, x, out);
      break;
    case Kind::dropout:
      if (!mode.training) {
        std::memcpy(out, x, size * sizeof(float));
        break;
      }
      dropout(l, n, mode.dropout_seed + i, x, out);
      break;
  }
}

// The gradients of a backward pass. The first reader of a value (in the order of the pass) sets its
// gradient, the others add theirs.
class Gradients {
 public:
  Gradients(Net& net, Activations& acts, bool pictures)
      : net_(net), acts_(acts), pictures_(pictures), set_(net.layers.size() + 1) {
    const std::vector<size_t>& sizes = net.gradients.sizes;
    acts.d.resize(sizes.size());
    for (size_t b = 0; b < sizes.size(); ++b)
      if (acts.d[b].size() < acts.n * sizes[b]) acts.d[b].resize(acts.n * sizes[b]);
  }
  // Of row i's output; of the picture for kPicture.
  float* of(int i) {
    const size_t at = i == kPicture ? net_.layers.size() : size_t(i);
    return acts_.d[net_.gradients.buffer[at]].data();
  }
  // Calls fill(where) to get the gradient of one reader of `source`; with nullptr where nobody
  // needs it.
  template <class Fill>
  void add(int source, size_t size, Fill fill) {
    if (source == kPicture && !pictures_) return fill(static_cast<float*>(nullptr));
    const size_t at = source == kPicture ? net_.layers.size() : size_t(source);
    if (!set_[at]) {
      set_[at] = true;
      return fill(of(source));
    }
    acts_.part.resize(size);
    fill(acts_.part.data());
    sum(size, of(source), acts_.part.data(), of(source));
  }

 private:
  Net& net_;
  Activations& acts_;
  bool pictures_;
  std::vector<bool> set_;
};

void backward_row(Net& net, Activations& acts, int i, const LossGradient& loss,
                  Gradients& gradients, const BackwardMode& mode) {
  const Layer& l = net.layers[i];
  const int n = acts.n, K = l.output.c, M = n * l.output.h * l.output.w;
  const float* x = acts.out[l.sources[0] + 1].data();
  const size_t size = n * l.in.size();
  float* d = gradients.of(i);
  if (!loss.outputs.empty() && !loss.outputs[i].empty())
    sum(n * l.output.size(), d, loss.outputs[i].data(), d);
  Activate how = activate(net, i);
  if (!loss.nonzero.empty()) how.nonzero = loss.nonzero[i];
  switch (l.kind) {
    case Kind::conv:
    case Kind::depthwise: {
      float* dgamma = net.grads.data() + net.weights + net.channel_at[i];
      if (l.has_norm()) {
        const float* y = acts.y[i].data();
        batchnorm_backward(batchnorm(net, acts, i), M, K, y, how, acts.training, d, dgamma,
                           dgamma + net.channels);
        if (mode.add) mode.add(i, M, K, y, d);
      } else {
        bias_backward(M, K, d, dgamma + net.channels);
      }
      gradients.add(l.sources[0], size, [&](float* dx) {
        conv_backward(l, n, x, weights_used(net, acts, i), d, dx,
                      mode.weights ? net.grads.data() + net.weight_at[i] : nullptr, net.precision);
      });
      break;
    }
    case Kind::add: {
      float* dgamma = net.grads.data() + net.weights + net.channel_at[i];
      batchnorm_backward(batchnorm(net, acts, i), M, K, acts.y[i].data(), how, false, d, dgamma,
                         dgamma + net.channels);
      if (!mode.additions)
        std::fill_n(dgamma, K, 0.0f), std::fill_n(dgamma + net.channels, K, 0.0f);
      for (const int source : l.sources)
        gradients.add(source, size, [&](float* dx) {
          if (dx) std::copy_n(d, size, dx);
        });
      break;
    }
    case Kind::max_pool:
      gradients.add(l.sources[0], size, [&](float* dx) {
        if (dx) max_pool_backward(l, n, x, d, dx);
      });
      break;
    case Kind::avg_pool:
      gradients.add(l.sources[0], size, [&](float* dx) {
        if (dx) avg_pool_backward(l, n, d, dx);
      });
      break;
    case Kind::dropout:
      gradients.add(l.sources[0], size, [&](float* dx) {
        if (dx && acts.training) dropout(l, n, acts.dropout_seed + i, d, dx);
        if (dx && !acts.training) std::copy_n(d, size, dx);
      });
      break;
  }
}

}  // namespace

void forward(Net& net, Activations& acts, int n, ForwardMode mode) {
  CHECK(acts.n == n);
  acts.training = mode.training, acts.dropout_seed = mode.dropout_seed;
  if (net.quantized) acts.rounded.resize(net.weights);
  for (int i = 0; i < int(net.layers.size()); ++i) forward_row(net, acts, i, mode);
}

void backward(Net& net, Activations& acts, const LossGradient& loss, const BackwardMode& mode) {
  const int last = int(net.layers.size()) - 1;
  Gradients gradients(net, acts, mode.pictures != nullptr);
  std::copy_n(loss.logits.data(), acts.n * net.layers[last].output.size(), gradients.of(last));
  for (int i = last; i >= 0; --i) backward_row(net, acts, i, loss, gradients, mode);
  if (mode.pictures) std::copy_n(gradients.of(kPicture), acts.out[0].size(), mode.pictures);
}

}  // namespace tri
