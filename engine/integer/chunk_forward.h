// One chunk of pictures on its way through an IntNet: row by row, in the buffers of its plan.
#pragma once

#include "engine/integer/int_net.h"

namespace tri {

class ChunkForward {
 public:
  // n pictures, at most `room`: buffers get room for so many. All must outlive this.
  ChunkForward(const IntNet& net, const Pass& pass, int n, int room, Workspace& workspace);
  size_t input_size() const;  // of a picture, or of the codes that the pass begins with
  // Logits go to workspace.sums, [n][classes]; the codes of pass.to, if there is such, to `codes`.
  void run(const uint8_t* x, uint8_t* codes);

 private:
  const Layer& layer(int row) const { return net_.model_.layers[size_t(row)]; }
  Workspace::Value& value(int row) { return workspace_.rows[size_t(row + 1)]; }
  uint8_t* buffer_of(int row);
  const TriSegment* staircase_of(int row) const;
  const uint8_t* values(const Workspace::Value& v, Shape shape, int which);

  void begin(const uint8_t* x);
  void run_row(int row, uint8_t* codes);
  void run_sums(int row, uint8_t* codes);
  Epilogue usual_epilogue(int row, const TriSegment* f) const;
  template <class Run>
  void calibrated(int row, Epilogue epilogue, Run run, void* result);
  void show_input(int row);
  void show(int row);

  const IntNet& net_;
  const Pass& pass_;
  int n_, first_row_ = 0, last_row_;
  bool at_logits_ = false;  // workspace_.sums holds what the next row reads
  Workspace& workspace_;
};

}  // namespace tri
