#include "rl/search/spread.h"

#include <optional>
#include <utility>

#include "data/base/serial.h"

namespace tri {
namespace {

// What rank 0 asks for; nothing: that is all.
struct Job {
  int batch;  // kRescore: students on held-out pictures
  std::vector<StaircaseSet> students;
};
constexpr int kRescore = -1, kEnd = -2;

Bytes bytes_of(const std::optional<Job>& job) {
  Writer out;
  out.number(int32_t(job ? job->batch : kEnd));
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
  if (job.batch == kEnd) return {};
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

void add(const RewardParts& p, Writer& out) {
  out.array(std::vector<double>{p.kl, p.attention, p.agreement, p.energy});
}

RewardParts parts_from(Reader& in) {
  const std::vector<double> x = in.array<double>(4);
  return {.kl = x[0], .attention = x[1], .agreement = x[2], .energy = x[3]};
}

// Of each student whose turn it is: every count-th one from the rank's own on.
Bytes share_of(const Ranks& ranks, const Shared& shared, const Job& job) {
  std::vector<StaircaseSet> own;
  for (size_t i = size_t(ranks.rank()); i < job.students.size(); i += size_t(ranks.count()))
    own.push_back(job.students[i]);
  Writer out;
  if (job.batch == kRescore) {
    for (const StaircaseSet& set : own) {
      const Candidate c = rescored(shared.builder, shared.held_out, set);
      add(c.parts, out), out.number(c.reward);
    }
  } else if (!own.empty()) {
    for (const RewardParts& p : shared.search.on_batch_here(job.batch, own)) add(p, out);
  }
  return out.bytes();
}

// Calls take(i, reader) for each of so many students, from the share that has it.
template <class Take>
void for_each_student(const std::vector<Bytes>& shares, size_t students, Take take) {
  for (size_t rank = 0; rank < shares.size(); ++rank) {
    Reader in("rank " + std::to_string(rank), shares[rank]);
    for (size_t i = rank; i < students; i += shares.size()) take(i, in);
  }
}

}  // namespace

Spread::Spread(const Ranks& ranks, const Shared& shared) : ranks_(ranks), shared_(shared) {
  shared_.search.compute_with([this](int batch, const std::vector<StaircaseSet>& students) {
    std::vector<RewardParts> parts(students.size());
    for_each_student(all_shares(batch, students), students.size(),
                     [&](size_t i, Reader& in) { parts[i] = parts_from(in); });
    return parts;
  });
  shared_.held_out.rescore_with([this](const std::vector<StaircaseSet>& students) {
    std::vector<Candidate> candidates(students.size());
    for_each_student(all_shares(kRescore, students), students.size(), [&](size_t i, Reader& in) {
      candidates[i] = {.f = students[i], .parts = parts_from(in)};
      candidates[i].reward = in.number<double>();
    });
    return candidates;
  });
}

std::vector<Bytes> Spread::all_shares(int batch, const std::vector<StaircaseSet>& students) const {
  const Job job{batch, students};
  Bytes bytes = bytes_of(job);
  ranks_.broadcast(bytes);
  return ranks_.gather(share_of(ranks_, shared_, job));
}

Spread::~Spread() {
  shared_.search.compute_with({});
  shared_.held_out.rescore_with({});
  try {
    Bytes bytes = bytes_of({});
    ranks_.broadcast(bytes);
  } catch (const std::exception&) {  // the ranks are gone: nobody waits
  }
}

void work_for(const Ranks& ranks, const Shared& shared) {
  for (;;) {
    Bytes bytes;
    ranks.broadcast(bytes);
    const std::optional<Job> job = job_of(std::move(bytes));
    if (!job) return;
    ranks.gather(share_of(ranks, shared, *job));
  }
}

}  // namespace tri
