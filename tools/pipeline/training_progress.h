// How far a training is, for people: a line on stderr.
#pragma once

#include <string>

#include "tools/cli/progress.h"
#include "tools/pipeline/training.h"

namespace tri {

std::string percent(double share);  // "93.25 %"

// What Ctrl-C does to it.
constexpr const char* kStopsTraining =
    "the epoch at hand is given up, and --resume begins it again";

// line must outlive the events. epochs: of the whole training.
TrainingEvents told(ProgressLine& line, int epochs);

}  // namespace tri
