#include "rl/search/spread.h"

#include <optional>
#include <utility>

#include "data/base/serial.h"

namespace tri {
namespace {

// What rank 0 asks for; nothing: that is all.
struct Job {
  int batch;
  std::vector<StaircaseSet> students;
};

Bytes bytes_of(const std::optional<Job>& job) {
  Writer out;
  out.number(int32_t(job ? job->batch : -1));
  if (!job) return out.bytes();
  out.number(uint32_t(job->students.size()));
  for (const StaircaseSet& set : job->students) {
    out.number(uint32_t(set.size()));
    for (const auto& f : set) {
      const TriSegment g = f.value_or(TriSegment{});
      out.array(Bytes{uint8_t(f.has_value()), g.t1, g.v1, g.t2, g.v2});
    }
  }
  return out.bytes();
}

std::optional<Job> job_of(Bytes bytes) {
  Reader in("rank 0", std::move(bytes));
  Job job{in.number<int32_t>(), {}};
  if (job.batch < 0) return {};
  job.students.resize(in.number<uint32_t>());
  for (StaircaseSet& set : job.students) {
    set.resize(in.number<uint32_t>());
    for (auto& f : set) {
      const std::vector<uint8_t> x = in.array<uint8_t>(5);
      if (x[0]) f = TriSegment{.t1 = x[1], .v1 = x[2], .t2 = x[3], .v2 = x[4]};
    }
  }
  return job;
}

// Of each student whose turn it is: every count-th one from the rank's own on.
Bytes share_of(const Ranks& ranks, const Objective& objective, const Job& job) {
  std::vector<StaircaseSet> own;
  for (size_t i = size_t(ranks.rank()); i < job.students.size(); i += size_t(ranks.count()))
    own.push_back(job.students[i]);
  Writer out;
  if (own.empty()) return {};
  for (const RewardParts& p : objective.on_batch_here(job.batch, own))
    out.array(std::vector<double>{p.kl, p.attention, p.agreement, p.energy});
  return out.bytes();
}

std::vector<RewardParts> joined(const std::vector<Bytes>& shares, size_t students) {
  std::vector<RewardParts> parts(students);
  for (size_t rank = 0; rank < shares.size(); ++rank) {
    Reader in("rank " + std::to_string(rank), shares[rank]);
    for (size_t i = rank; i < students; i += shares.size()) {
      const std::vector<double> x = in.array<double>(4);
      parts[i] = {.kl = x[0], .attention = x[1], .agreement = x[2], .energy = x[3]};
    }
  }
  return parts;
}

}  // namespace

Spread::Spread(const Ranks& ranks, Objective& objective) : ranks_(ranks), objective_(objective) {
  objective_.compute_with([this](int batch, const std::vector<StaircaseSet>& students) {
    const Job job{batch, students};
    Bytes bytes = bytes_of(job);
    ranks_.broadcast(bytes);
    return joined(ranks_.gather(share_of(ranks_, objective_, job)), students.size());
  });
}

Spread::~Spread() {
  objective_.compute_with({});
  try {
    Bytes bytes = bytes_of({});
    ranks_.broadcast(bytes);
  } catch (const std::exception&) {  // the ranks are gone: nobody waits
  }
}

void work_for(const Ranks& ranks, const Objective& objective) {
  for (;;) {
    Bytes bytes;
    ranks.broadcast(bytes);
    const std::optional<Job> job = job_of(std::move(bytes));
    if (!job) return;
    ranks.gather(share_of(ranks, objective, *job));
  }
}

}  // namespace tri
