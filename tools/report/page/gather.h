// All that a report tells of some runs, as one JSON.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/base/json.h"
#include "distill/judge/energy.h"

namespace tri {

struct ReportOptions {
  std::string data;  // folder of the pictures; empty: the one that the run tells, or the usual ones
  EnergyTable energies;
  std::function<void(const std::string&)> note = [](const std::string&) {};
};

// {"version": 1, "program", "folders": [...]}, a folder (or model file of a training) each. Of a
// folder: {path, notes, files, commands, result, search_log, trainings, pictures {of, labeled,
// shape, classes}, networks, taps, attention, disagreements}; what there is no data for is null,
// and `notes` say why. Throws Error where a folder holds nothing, a file is damaged, or what
// options.data names is no data set for the run's networks.
Json gather(const std::vector<std::filesystem::path>& paths, const ReportOptions& options);

}  // namespace tri
