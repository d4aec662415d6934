// Reconstruction of a student: its weights fitted to the inputs that they now get, its thresholds
// to the layers that read what comes of them.
//
// A layer whose input has three levels cannot return what the teacher's returns, but weights that
// know how its input errs come nearer. Layer by layer, over some pictures, they become those with
// the least squares between the student's accumulators and the teacher's, drawn to the old weights
// by a ridge: one linear system a layer, no labels, no gradients, and no cost at inference. (Layer
// reconstruction by least squares: He et al., ICCV 2017, for pruned inputs; here the inputs of a
// layer are those that the fitted ones before it give.) What an accumulator is worth far outside
// the thresholds of the staircase behind it makes no difference, so there only the side counts.
// Before a layer is fitted, the thresholds of what it reads move to where it errs least
// (distill/correct/thresholds.h). The last kFittedOn pictures do for layers with large maps; small
// ones have too few pixels there for their weights, and are fitted on all pictures, as the logits
// are.
#pragma once

#include "data/base/on_progress.h"
#include "data/dataset.h"
#include "distill/correct/calibrate.h"

namespace tri {

constexpr int kFittedOn = 1 << 11;

// Whether a layer is fitted on all pictures.
bool fitted_on_all(const Layer& layer);

// The student of `net` that these staircases make, fitted on `pictures`, calibrated on
// `calibration` as calibrated() does, statistics being the teacher's over the latter. Layers
// before the first staircase keep their weights. The same on any number of threads, but on other
// CPUs perhaps another (OpenBLAS). REQUIRES: at least one picture of each.
Model reconstructed(const IntNet& net, const StaircaseSet& staircases, const Dataset& pictures,
                    const Dataset& calibration, const ChannelStatistics& statistics,
                    const OnProgress& progress = untold);

}  // namespace tri
