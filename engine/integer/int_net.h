// The integer network: pictures -> logits in integers alone, as INT8 teacher or as student.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "engine/graph/plan.h"
#include "engine/integer/model.h"
#include "engine/kernels/add/add.h"
#include "engine/kernels/conv/int_conv.h"

namespace tri {

// Staircases made ready for a network: per tap and channel two thresholds on the accumulator
// (engine/arithmetic/quant.h). nullopt: the layer keeps its 8-bit codes. They must be in
// rising order: TriSegment::ordered().
struct Staircases {
  StaircaseSet f;                            // [taps]
  std::vector<std::vector<int32_t>> t1, t2;  // [taps][K]
  Staircases(const Model& model, StaircaseSet f);
};

// Sees what passes the taps and what layers read.
struct Observer {
  virtual ~Observer() = default;
  // Does activation() do anything at this tap? What nobody looks at need not be decoded.
  virtual bool watches(int /*tap*/) const { return true; }
  // At every tap (after the staircase, for a student).
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
  // accumulators: [pixels][K] of a row with sums (model.layers[layer]), bias included. All pixels
  // of a layer come in their order, some at a time.
  virtual void see(int layer, const int32_t* accumulators, size_t pixels) = 0;
  // After the layer's last pixels. usual: what the network would do with them; its bias is null, as
  // one that the result has is added to the accumulators. Of the logits, whose accumulators are
  // rescaled by m and shift, the kind must stay. The result's arrays must live until the forward
  // ends.
  virtual Epilogue epilogue(int layer, const Epilogue& usual) = 0;
};

// What a forward does: the whole network or a part of it, as teacher or as student, and who sees
// it. Students that are alike before some tap share what comes before: a forward to it ends with
// its 8-bit codes, whatever its staircase, and one from it begins by applying its staircase to
// them.
struct Pass {
  int from = -1;                           // a tap that is a cut (Layer::cut); -1: the pictures
  int to = -1;                             // a tap after it; -1: the logits
  int until = -1;                          // or the row before which it ends: the last that
                                           // the observer sees is what this one reads
  const Staircases* staircases = nullptr;  // null: the teacher
  Observer* observer = nullptr;
  Calibrator* calibrator = nullptr;
};

// Of a network's layers: first, ..., end - 1.
struct Rows {
  int first = 0, end = std::numeric_limits<int>::max();
};

// Scratch memory of one forward at a time. Sized by a network's first forward; later ones allocate
// nothing.
struct Workspace {
  // What a row has made: where it stands, and whose codes it is, if not 8-bit values.
  struct Value {
    const uint8_t* x = nullptr;
    const TriSegment* coded = nullptr;
  };
  std::vector<Buffer<uint8_t>> buffers;  // of the plan
  std::vector<Value> rows;               // the picture's, then every row's
  Buffer<uint8_t> decoded[2];            // values of codes, of either input
  Buffer<int32_t> sums;                  // accumulators, and the logits
};

class IntNet {
 public:
  // Packs the weights for the best runnable kernels (isa: see conv_variant). A layer whose input is
  // a staircase's codes can run either kind of kernel, int8 after the codes are decoded. `coded`
  // names it: "int8", "lut", or "auto" for the one of less cost; where it is empty the environment
  // variable TRISEGMENT_KERNEL does, or else it is "auto". Throws Error for another name. runs:
  // those that forwards will pass; no others are packed.
  explicit IntNet(Model model, const std::string& isa = "", const std::string& coded = "",
                  Rows runs = {});

  const Model& model() const { return model_; }
  // What a coded input of layer i (an index into model().layers) does: from this share of zeros on
  // the lut kernel runs, below it int8. 0: always lut; above 1: always int8, as for every layer
  // that is no convolution of a tap's codes.
  double lut_from(size_t i) const { return rows_[i].lut_from; }
  // x: n pictures [h][w][c], or the codes of pass.from; logits: [n][classes] in steps of
  // kLogitStep; codes: [n][shape] of the layer of pass.to. Works in chunks whose activations fit
  // the cache, so n may be a whole data set. The same on every ISA and any number of threads. With
  // a calibrator all n pictures go together, which takes 4 bytes for each accumulator of the
  // largest layer.
  void forward(const Pass& pass, const uint8_t* x, int n, int32_t* logits,
               Workspace& workspace) const;
  void forward(const Pass& pass, const uint8_t* x, int n, uint8_t* codes,
               Workspace& workspace) const;
  // For its observer and its calibrator alone: of a pass with `until`.
  void forward(const Pass& pass, const uint8_t* x, int n, Workspace& workspace) const;

 private:
  friend class ChunkForward;
  // How a row is run.
  struct Row {
    PackedConv int8, lut;
    double lut_from;
    uint8_t pad_value;  // what its input's codes call 0
  };

  template <class Run>
  void in_chunks(const Pass& pass, int n, Workspace& workspace, Run run) const;

  Model model_;
  Rows runs_;
  const ConvVariant* int8_;
  const ConvVariant* lut_;
  const AddVariant* add_;
  ForwardPlan plan_;
  std::vector<int> taps_;              // tap -> row
  std::vector<Row> rows_;              // parallel to model_.layers
  size_t most_decoded_ = 0;            // the largest that a row reads or makes, a picture
  size_t most_sums_ = 0, logits_ = 0;  // the largest accumulators of any row, and of the logits
};

// Over a whole data set: [pictures][classes], in steps of kLogitStep.
std::vector<int32_t> logits_of(const IntNet& net, const Dataset& data, const Pass& pass = {});

}  // namespace tri
