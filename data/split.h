// What the records of a training set are for, so that no program learns from those that choose.
#pragma once

#include "data/dataset.h"

namespace tri {

// Of so many training records, how many are kept out of training: the last 2,048, or of fewer than
// 20,480 the last tenth (one of 2 to 9). ./train measures its epochs on them, and ./search decides
// between students on them: of a picture that it has learned a teacher is surer than of one that it
// meets on the job.
int held_out_count(int records);

struct SplitSizes {
  int calibration, search, held_out, reconstruction;
};
// What a search takes the pictures for. held_out decides, and no other part sees any of it.
struct Splits {
  Dataset calibration, search, held_out, reconstruction;
};
// reserved: how many of the last pictures nothing but held_out may hold, as held_out_count says; 0
// where no teacher was trained on these pictures. Before them stand the search's pictures and
// before those the calibration's. Where there are too few pictures, the parts shrink alike; of a
// set of one or two all may see the same. Reconstruction may see all that do not decide.
Splits split(const Dataset& train, const SplitSizes& wanted, int reserved);

}  // namespace tri
