#include "engine/float/widen.h"

#include "data/base/check.h"

namespace tri {

Net widen(Net& narrow, std::vector<Layer> layers, Rng rng) {
  Net wide(narrow.name, std::move(layers), rng);
  wide.scale = narrow.scale;
  wide.quantized = narrow.quantized;
  for (int i = 0; i < int(wide.layers.size()); ++i) {
    const Layer &l = wide.layers[i], &old = narrow.layers[i];
    CHECK(l.kind == old.kind && l.kernel == old.kernel);
    if (!l.has_weights()) continue;  // the gains of sums are 1 while there are narrow epochs
    CHECK(l.in.c % old.in.c == 0 && l.output.c % old.output.c == 0);
    const bool dense = l.kind == Kind::conv;
    const int C = dense ? l.in.c : 1, old_C = dense ? old.in.c : 1, copies = C / old_C;
    const int K = l.output.c, old_K = old.output.c, taps = l.rows() / C;
    const float* from = narrow.weight(i);
    float* to = wide.weight(i);
    std::vector<double> share(copies);
    for (int tap = 0; tap < taps; ++tap)
      for (int c = 0; c < old_C; ++c)
        for (int k = 0; k < K; ++k) {
          double sum = 0;
          for (double& s : share) sum += s = 0.25 + rng.uniform();
          const double w = from[(size_t(tap) * old_C + c) * old_K + k % old_K];
          for (int copy = 0; copy < copies; ++copy)
            to[(size_t(tap) * C + copy * old_C + c) * K + k] = float(w * share[copy] / sum);
        }
    for (int k = 0; k < K; ++k) {
      wide.gamma(i)[k] = narrow.gamma(i)[k % old_K];
      wide.beta(i)[k] = narrow.beta(i)[k % old_K];
      wide.running_mean[wide.channel_at[i] + k] =
          narrow.running_mean[narrow.channel_at[i] + k % old_K];
      wide.running_variance[wide.channel_at[i] + k] =
          narrow.running_variance[narrow.channel_at[i] + k % old_K];
    }
  }
  return wide;
}

}  // namespace tri
