// How many threads a program takes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace tri {

// What a job or a container may use of a machine: $OMP_NUM_THREADS where it is set; else the
// processors that this process may run on, but no more than $SLURM_CPUS_PER_TASK and than the
// quotas of its control groups allow.
int job_threads();

// Processors that the quotas of a control group and of those around it allow, at least 1; nothing
// where none has a quota. root: where groups of both versions are mounted.
std::optional<int> quota_cpus(const std::filesystem::path& root, const std::string& group);

// Sets the number of threads to `wanted`, 0: to job_threads(), or to what can be started here:
// where a thread cannot, libgomp ends the program in the middle of its work, and far too many crash
// it. Returns what to tell of it; nothing where all can.
std::string set_threads(int wanted);

}  // namespace tri
