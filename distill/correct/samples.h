// What a layer reads and what it should return at some pixels of its map, over some pictures: what
// reconstruction is fitted on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/integer/int_net.h"

namespace tri {

// Which pixels of a layer's map are taken: every so many-th, in the order of pictures and pixels,
// about `rows` of them.
class Stride {
 public:
  Stride(const Layer& layer, int pictures, size_t rows);
  bool takes_next() { return next_++ % step_ == 0; }

 private:
  size_t step_, next_ = 0;
};

// The accumulators of layers at those pixels, of a forward that has this for its calibrator.
class OutputSampler : public Calibrator {
 public:
  // wanted: [layers], about how many pixels of each; 0: none.
  OutputSampler(const Model& model, int pictures, const std::vector<size_t>& wanted);
  void see(int layer, const int32_t* accumulators, size_t pixels) override;
  Epilogue epilogue(int, const Epilogue& usual) override { return usual; }
  std::vector<std::vector<int32_t>> rows;  // [layers][rows][K]

 private:
  const Model& model_;
  std::vector<std::optional<Stride>> strides_;  // [layers]
};

// What one layer reads there, as 8-bit values; outside the map, what they call 0.
class InputSampler : public Observer {
 public:
  // layer: number `number` of the model, which must outlive this.
  InputSampler(const Model& model, int number, int pictures, size_t rows)
      : layer_(model.layers[size_t(number)]),
        number_(number),
        zero_(uint8_t(zero_point(model.layers, layer_.reads.front().from))),
        stride_(layer_, pictures, rows) {}
  bool watches(int) const override { return false; }
  void input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape) override;
  std::vector<uint8_t> rows;  // [rows][kernel][kernel][C]

 private:
  void add(const uint8_t* map, const TriSegment* f, int h, int w);

  const Layer& layer_;
  int number_;
  uint8_t zero_;
  Stride stride_;
};

}  // namespace tri
