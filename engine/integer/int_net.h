// The integer network: pictures -> logits in integers alone, as INT8 teacher or as student.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "engine/kernels/conv/int_conv.h"
#include "engine/integer/model.h"

namespace tri {

class IntNet;

// Staircases made ready for a network: per tap and channel two thresholds on the accumulator
// (engine/arithmetic/quant.h). nullopt: the layer keeps its 8-bit codes. They must be in
// rising order: TriSegment::ordered().
struct Staircases {
  StaircaseSet f;                            // [taps]
  std::vector<std::vector<int32_t>> t1, t2;  // [taps][K]
  Staircases(const Model& model, StaircaseSet f);
};

// Sees what passes between layers.
struct Tap {
  virtual ~Tap() = default;
  // Does activation() do anything at this tap? What nobody looks at need not be decoded.
  virtual bool watches(int /*tap*/) const { return true; }
  // After every activated layer (after the staircase, for a student).
  // values: [n][shape.h][shape.w][shape.c], 8-bit values in the layer's scale. A forward over many
  // pictures comes in chunks: each tap sees all pictures once, in their order, n of them a call.
  virtual void activation(int /*tap*/, const uint8_t* /*values*/, int /*n*/, Shape /*shape*/) {}
  // Likewise what every layer with weights reads, after the pools: x has the codes of `f`, or 8-bit
  // values where f is null. layer: its row in the table.
  virtual void input(int /*layer*/, const uint8_t* /*x*/, const TriSegment* /*f*/, int /*n*/,
                     Shape /*shape*/) {}
};

// Decides what becomes of a layer's accumulators after it has seen those of all pictures:
// statistics over many pictures can then correct a layer before the next one runs.
struct Calibrator {
  virtual ~Calibrator() = default;
  // accumulators: [pixels][K] of model.layers[layer], bias included. All pixels of a layer come in
  // their order, some at a time.
  virtual void see(int layer, const int32_t* accumulators, size_t pixels) = 0;
  // After the layer's last pixels. usual: what the network would do with them; its bias is null, as
  // one that the result has is added to the accumulators. Of the logits, whose accumulators are
  // rescaled by m and shift, the kind must stay. The result's arrays must live until the forward
  // ends.
  virtual Epilogue epilogue(int layer, const Epilogue& usual) = 0;
};

// Scratch memory of one forward at a time: the two buffers that activations go to by turns, values
// of codes, and the logits' sums. Sized by a network's first forward; later ones allocate nothing.
struct Workspace {
  Buffer<uint8_t> a, b, decoded;
  Buffer<int32_t> wide;
};

class IntNet {
 public:
  // Packs the weights for the best runnable kernels (isa: see conv_variant). A layer whose input is
  // a staircase's codes can run either kind of kernel, int8 after the codes are decoded. `coded`
  // names it: "int8", "lut", or "auto" for the one of less cost; where it is empty the environment
  // variable TRISEGMENT_KERNEL does, or else it is "auto". Throws Error for another name.
  explicit IntNet(Model model, const std::string& isa = "", const std::string& coded = "");

  const Model& model() const { return model_; }
  // What a coded input of layer i (an index into model().layers) does: from this share of zeros on
  // the lut kernel runs, below it int8. 0: always lut; above 1: always int8, as for every layer
  // that is no convolution of activations.
  double lut_from(size_t i) const { return lut_from_[i]; }
  // pixels: [n][h][w][c]; logits: [n][classes] in steps of kLogitStep. staircases: null for the
  // teacher. Works in chunks whose activations fit the cache, so n may be a whole data set. Same
  // logits on every ISA and any number of threads. With a calibrator all n pictures go together,
  // which takes 4 bytes for each accumulator of the largest layer.
  void forward(const uint8_t* pixels, int n, int32_t* logits, Workspace& workspace,
               const Staircases* staircases = nullptr, Tap* tap = nullptr,
               Calibrator* calibrator = nullptr) const;
  // A forward in parts, for students that are alike before tap number `cut`. The first one ends
  // with the 8-bit codes [n][shape] of the tap's layer, whatever its staircase there; the last
  // one begins by applying its staircase to them; one between two taps does both.
  void forward_until(int cut, const uint8_t* pixels, int n, uint8_t* codes, Workspace& workspace,
                     const Staircases* staircases = nullptr, Tap* tap = nullptr,
                     Calibrator* calibrator = nullptr) const;
  void forward_from(int cut, const uint8_t* codes, int n, int32_t* logits, Workspace& workspace,
                    const Staircases* staircases = nullptr, Tap* tap = nullptr,
                    Calibrator* calibrator = nullptr) const;
  void forward_between(int from, int to, const uint8_t* codes, int n, uint8_t* codes_out,
                       Workspace& workspace, const Staircases* staircases = nullptr,
                       Tap* tap = nullptr, Calibrator* calibrator = nullptr) const;

 private:
  // From the pictures or the codes of a tap, to the logits or the codes of a tap.
  struct Part {
    int from = -1, to = -1;
  };
  void forward_part(Part part, const uint8_t* begin, int n, void* end, Workspace& workspace,
                    const Staircases* staircases, Tap* tap, Calibrator* calibrator) const;
  void forward_chunk(Part part, const uint8_t* x, int n, void* end, Workspace& workspace,
                     const Staircases* staircases, Tap* tap, Calibrator* calibrator) const;

  Model model_;
  const ConvVariant* int8_;
  const ConvVariant* lut_;
  std::vector<PackedConv> packed_int8_, packed_lut_;  // parallel to model_.layers
  std::vector<double> lut_from_;                      // parallel to model_.layers
};

// Over a whole data set: [pictures][classes], in steps of kLogitStep.
std::vector<int32_t> logits_of(const IntNet& net, const Dataset& data,
                               const Staircases* staircases = nullptr, Tap* tap = nullptr);

}  // namespace tri
