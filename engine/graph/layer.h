// A layer: one row of a network's table, and what resolve() finds out about it. A network is a list
// of rows; a row reads the one above it unless it names others. How a layer is computed is left to
// the ops.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/tensor.h"

namespace tri {

// conv: kernel x kernel, all input channels -> `out` channels. linear is a conv whose kernel is the
// whole map, and stays one. depthwise: one kernel x kernel filter a channel. add: the sum of two
// rows of one shape (residual addition: He et al., CVPR 2016). dropout: training only.
enum class Kind : uint8_t { conv, depthwise, max_pool, avg_pool, dropout, add };

// What follows the sums of a conv, a depthwise or an add. relu: batch norm and ReLU; unsigned
// codes, and a tap. linear: batch norm alone, as in linear bottlenecks and shortcuts; signed codes,
// whose zero point is kSignedZero, and no tap. logits: a bias alone, and wide integers. (An add has
// no batch norm of its own.)
enum class Activation : uint8_t { relu, linear, logits };

constexpr int kPicture = -1;  // as a source: the picture

// What an input of a row carries: the codes of another row, pooled or not.
struct Read {
  int from = kPicture;     // the row whose codes these are, with its scale and zero point
  int tap = -1;            // its tap, while they are its own codes: an average makes others
  std::vector<int> pools;  // the rows between that pool them, in their order
};

struct Layer {
  Kind kind = Kind::conv;
  std::string name;  // as in the literature: conv3_1, dw4, pool2, fc
  int out = 0;       // output channels (0: as many as come in)
  int kernel = 1;    // 0: the whole map
  int stride = 1;
  int pad = 0;
  Activation activation = Activation::relu;
  float rate = 0;                   // dropout
  std::vector<std::string> inputs;  // names of rows above; empty: the row right above

  // Filled in by resolve().
  Shape in, output;          // `in`: of each input
  std::vector<int> sources;  // rows, or kPicture; an add has two, all others one
  std::vector<Read> reads;   // parallel to sources
  int tap = -1;              // its number among the taps; -1: it is none
  int last_use = 0;          // the last row that reads it; its own number where none does
  bool cut = false;          // a tap, and all that comes after it reads nothing from before it

  bool has_weights() const { return kind == Kind::conv || kind == Kind::depthwise; }
  // Makes codes (or logits) of its own from sums; pools and dropout hand on what they read.
  bool has_sums() const { return has_weights() || kind == Kind::add; }
  bool is_tap() const { return has_sums() && activation == Activation::relu; }
  bool is_linear() const { return has_sums() && activation == Activation::linear; }
  bool is_logits() const { return has_sums() && activation == Activation::logits; }
  bool has_norm() const { return has_weights() && activation != Activation::logits; }
  // Weights are a matrix [rows()][output.c], the output channel last (HWIO; depthwise: HWC).
  int rows() const { return kernel * kernel * (kind == Kind::conv ? in.c : 1); }
  size_t weights() const { return has_weights() ? size_t(rows()) * size_t(output.c) : 0; }
};

// The rows of the tables in nets/.
Layer conv3(std::string name, int out, int stride = 1);  // 3x3, pad 1
Layer conv(std::string name, int out, int kernel, int stride, int pad);
Layer pw(std::string name, int out, int stride = 1);                // 1x1
Layer dw(std::string name, int stride);                             // depthwise 3x3, pad 1
Layer pool(std::string name, int kernel, int stride, int pad = 0);  // max
Layer average(std::string name);                                    // over the whole map
Layer linear(std::string name, int out);
Layer drop(float rate);
Layer add(std::string name, std::string a, std::string b);
Layer logits(Layer layer);        // the same with a bias alone: no batch norm, ReLU and tap
Layer without_relu(Layer layer);  // the same without ReLU and tap
Layer reading(Layer layer, std::string input);

// Fills in what follows from the rows and the picture's shape. Throws Error, which names the row,
// where rows do not fit their inputs or name none, or sizes are beyond what the engine takes: a
// table may come from a file.
void resolve(std::vector<Layer>& layers, Shape picture);

// Throws Error unless resolved rows are a network that every path runs: one row makes the logits,
// only an average may follow it, what comes out is one value a class, and each row is read.
void require_network(const std::vector<Layer>& layers);

// tap -> row.
std::vector<int> tap_rows(const std::vector<Layer>& layers);

// Of a row or a net, in a file: letters, digits and "_-.", 1 to 60 of them.
bool is_plain_name(const std::string& name);

// A number that differs where two resolved tables differ: files carry it.
uint64_t hash(const std::vector<Layer>& layers);

}  // namespace tri
