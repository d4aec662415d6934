// How many threads a program takes (tools/cli/threads.h).
#include "tools/cli/threads.h"

#include "data/base/file.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  write_file(file, text);
}

}  // namespace

TEST_CASE("threads: the least quota of a control group and those around it counts, rounded down") {
  const Scratch scratch;
  const fs::path root = scratch.path;
  CHECK(quota_cpus(root, "/job/step") == std::nullopt);
  put(root / "cpu.max", "max 100000\n");
  CHECK(quota_cpus(root, "/job/step") == std::nullopt);
  put(root / "job/step/cpu.max", "450000 100000\n");
  CHECK(quota_cpus(root, "/job/step") == 4);
  put(root / "job/cpu.max", "150000 50000\n");
  CHECK(quota_cpus(root, "/job/step") == 3);
  CHECK(quota_cpus(root, "/") == std::nullopt);
  put(root / "cpu.max", "5000 100000\n");
  CHECK(quota_cpus(root, "/") == 1);
  put(root / "cpu.max", "nonsense");
  CHECK(quota_cpus(root, "/") == std::nullopt);
}

TEST_CASE("threads: quotas of control groups of version 1 count too") {
  const Scratch scratch;
  const fs::path root = scratch.path;
  put(root / "cpu/docker/x/cpu.cfs_quota_us", "-1\n");
  put(root / "cpu/docker/x/cpu.cfs_period_us", "100000\n");
  CHECK(quota_cpus(root, "/docker/x") == std::nullopt);
  put(root / "cpu/docker/x/cpu.cfs_quota_us", "200000\n");
  CHECK(quota_cpus(root, "/docker/x") == 2);
}

TEST_CASE("threads: a program takes what --threads says, else what its job gives, never more") {
  const Bench bench;
  const auto threads = [&](const std::string& environment, const std::string& more) {
    const Ran ran = run("env -u OMP_NUM_THREADS -u SLURM_CPUS_PER_TASK " + environment + " " +
                        program("search") + " alexnet --teacher " + bench.teacher +
                        " --algo mse --batch 4 --pool 8 --held-out 4 --calibration 4 --top 1" +
                        " --reconstruction 0 --test 4 --data " + bench.data + " --out " +
                        bench.out + " " + more);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return json_of(bench.out + "/run.json")["threads"].get<int>();
  };
  CHECK(threads("SLURM_CPUS_PER_TASK=1", "") == 1);
  CHECK(threads("OMP_NUM_THREADS=3 SLURM_CPUS_PER_TASK=1", "") == 3);
  CHECK(threads("SLURM_CPUS_PER_TASK=1", "--threads 2") == 2);
  const int all = threads("", "");
  CHECK(threads("SLURM_CPUS_PER_TASK=100", "") == all);
  CHECK(threads("SLURM_CPUS_PER_TASK=2x", "") == all);
  CHECK(run(program("search") + " alexnet --threads -1").status == 2);
}
