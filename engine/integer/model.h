// A quantised network as numbers: what `quantize` makes of a trained one, what a file holds, and
// what the integer engine and the exporters read. Immutable once made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/layer.h"
#include "engine/arithmetic/trisegment.h"

namespace tri {

// Logits are 32-bit integers in steps of this.
constexpr float kLogitStep = 1.0f / 1024;

// The integers of one conv or depthwise layer; K = layer.output.c. Arithmetic: engine/arithmetic/quant.h.
struct QuantLayer {
  std::vector<int8_t> weights;    // [rows][K], |q| <= 127
  std::vector<int32_t> bias;      // [K], in accumulator steps; the picture's zero point is in it
  std::vector<int32_t> m, shift;  // [K], accumulator -> code (or -> kLogitStep, for the logits)
  float scale = 1;                // of the output's codes: a = scale * x
  // [K], of the accumulator (bias included, in its own steps) over the training pictures, as batch
  // norm's running statistics tell them: what a student can be matched to, and pictures be made
  // from. Empty where there is no batch norm.
  std::vector<float> mean, variance;
};

// For weights of channel k that make its accumulators `unit` times what they were: the bias, in the
// new steps and kept where no accumulator of a layer of so many rows leaves 32 bits; the factor of
// requantisation (Error where multiplier() has one); and the statistics move along.
void rescale_channel(QuantLayer& q, size_t k, int rows, double unit, double bias, double factor);

// staircases: empty for a teacher; for a student one entry a tap (activated layer), nullopt where
// the layer keeps its 8-bit activation.
struct Model {
  std::string net;
  std::vector<Layer> layers;      // resolved
  std::vector<QuantLayer> quant;  // parallel to layers; empty members where there are no weights
  std::vector<std::optional<TriSegment>> staircases;

  int taps() const;                         // activated layers
  std::vector<int> tap_layers() const;      // tap -> index into layers
  int tap(const std::string& layer) const;  // of an activated layer, by its name
};

// Files: magic, version, hash of the layer table, the numbers, a checksum over all of it. A teacher
// is named .q8, a student .tri (it holds the whole network, so it runs alone). `load` throws Error
// with the reason when a file is damaged, truncated, of another version, or when its numbers break
// what the engine relies on (sizes, |q| <= 127, shifts, accumulators that could overflow).
// The layer table of a file must be the one `table_of(net)` gives: load takes it as a function, as
// the tables live one level up, in nets/.
using TableOf = std::vector<Layer> (*)(const std::string& net);  // empty: no such net
void save(const Model& model, const std::filesystem::path& file);
Model load_model(const std::filesystem::path& file, TableOf table_of);

}  // namespace tri
