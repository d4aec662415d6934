#include "rl/search/spread.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "data/base/serial.h"
#include "engine/integer/model_file.h"

namespace tri {
namespace {

// What rank 0 asks for.
enum class Ask : uint8_t { on_batch, ahead, rescore, judge, record, end };

// A search asks for its start alone, or for two starts, on one batch after the other.
constexpr size_t kFew = 2;

void add(const std::vector<StaircaseSet>& students, Writer& out) {
  out.number(uint32_t(students.size()));
  for (const StaircaseSet& set : students) {
    out.number(uint32_t(set.size()));
    for (const auto& f : set) {
      const TriSegment g = f.value_or(TriSegment{});
      out.array(Bytes{uint8_t(f.has_value()), g.t1, g.v1, g.t2, g.v2});
    }
  }
}

std::vector<StaircaseSet> students_from(Reader& in) {
  std::vector<StaircaseSet> students(in.number<uint32_t>());
  for (StaircaseSet& set : students) {
    set.resize(in.number<uint32_t>());
    for (auto& f : set) {
      const std::vector<uint8_t> x = in.array<uint8_t>(5);
      if (x[0]) f = TriSegment{.t1 = x[1], .v1 = x[2], .t2 = x[3], .v2 = x[4]};
    }
  }
  return students;
}

void add(const RewardParts& p, Writer& out) {
  out.array(std::vector<double>{p.kl, p.attention, p.agreement, p.energy});
}

RewardParts parts_from(Reader& in) {
  const std::vector<double> x = in.array<double>(4);
  return {.kl = x[0], .attention = x[1], .agreement = x[2], .energy = x[3]};
}

void add(const Recording& r, Writer& out) {
  out.number(uint64_t(r.logits.size())), out.array(r.logits);
  out.number(r.zeros), out.number(r.values);
  out.number(uint64_t(r.events.size())), out.array(r.events);
}

Recording recording_from(Reader& in) {
  Recording r;
  r.logits = in.array<int32_t>(in.number<uint64_t>());
  r.zeros = in.number<uint64_t>(), r.values = in.number<uint64_t>();
  r.events = in.array<EventRecorder::Events>(in.number<uint64_t>());
  return r;
}

void add(const Model& model, Writer& out) {
  const Bytes bytes = bytes_of(model);
  out.number(uint64_t(bytes.size())), out.array(bytes);
}

Model model_from(Reader& in) { return model_of(in.array<uint8_t>(in.number<uint64_t>())); }

// On how many batches the ranks can judge so many students, each rank one of them on one batch.
int batches_at_once(const Ranks& ranks, const Shared& shared, int students) {
  return std::min(ranks.count() / students, shared.search.batches());
}

// Every count-th student from the rank's own on.
std::vector<StaircaseSet> own(const Ranks& ranks, const std::vector<StaircaseSet>& students) {
  std::vector<StaircaseSet> share;
  for (size_t i = size_t(ranks.rank()); i < students.size(); i += size_t(ranks.count()))
    share.push_back(students[i]);
  return share;
}

// As many pictures as every other rank, or one more.
Dataset own(const Ranks& ranks, const Dataset& pictures) {
  const auto first = [&](int rank) { return int(int64_t(pictures.size()) * rank / ranks.count()); };
  return pictures.slice(first(ranks.rank()), first(ranks.rank() + 1));
}

// The rank's share of what rank 0 asks for; nothing: that was all.
std::optional<Bytes> answer(const Ranks& ranks, const Shared& shared, Bytes question) {
  Reader in("rank 0", std::move(question));
  Writer out;
  switch (in.number<Ask>()) {
    case Ask::on_batch: {
      const auto batch = in.number<int32_t>();
      const std::vector<StaircaseSet> students = own(ranks, students_from(in));
      if (students.empty()) break;
      for (const RewardParts& p : shared.search.on_batch_here(batch, students)) add(p, out);
      break;
    }
    case Ask::ahead: {
      const auto batch = in.number<int32_t>();
      const std::vector<StaircaseSet> students = students_from(in);
      const int rank = ranks.rank(), n = int(students.size());
      if (rank >= n * batches_at_once(ranks, shared, n)) break;
      const int later = (batch + rank / n) % shared.search.batches();
      add(shared.search.on_batch_here(later, {students[size_t(rank % n)]}).front(), out);
      break;
    }
    case Ask::rescore:
      for (const StaircaseSet& set : own(ranks, students_from(in))) {
        const IntNet student(shared.builder.student(set));
        const Candidate c = shared.held_out.on_all_here(student, set);
        add(c.parts, out), out.number(c.reward);
      }
      break;
    case Ask::judge: {
      const std::vector<StaircaseSet> set = students_from(in);
      const IntNet student(model_from(in));
      for (const RewardParts& p :
           shared.held_out.on_every(ranks.count(), ranks.rank(), student, set.front()))
        add(p, out);
      break;
    }
    case Ask::record: {
      const IntNet net(model_from(in));
      add(record(net, own(ranks, shared.test)), out);
      break;
    }
    case Ask::end:
      return {};
  }
  return out.bytes();
}

Bytes question(
    Ask ask, const std::function<void(Writer&)>& write = [](Writer&) {}) {
  Writer out;
  out.number(ask);
  write(out);
  return out.bytes();
}

// Calls take(i, reader) for each of so many, from the share that has it.
template <class Take>
void for_each_one(const std::vector<Bytes>& shares, size_t count, Take take) {
  for (size_t rank = 0; rank < shares.size(); ++rank) {
    Reader in("rank " + std::to_string(rank), shares[rank]);
    for (size_t i = rank; i < count; i += shares.size()) take(i, in);
  }
}

}  // namespace

Spread::Spread(const Ranks& ranks, const Shared& shared) : ranks_(ranks), shared_(shared) {
  shared_.search.compute_with([this](int batch, const std::vector<StaircaseSet>& students) {
    const bool few = !students.empty() && students.size() <= kFew;
    if (few && batches_at_once(ranks_, shared_, int(students.size())) > 0)
      return of_few(batch, students);
    const auto shares = ask(question(
        Ask::on_batch, [&](Writer& out) { out.number(int32_t(batch)), add(students, out); }));
    std::vector<RewardParts> parts(students.size());
    for_each_one(shares, students.size(), [&](size_t i, Reader& in) { parts[i] = parts_from(in); });
    return parts;
  });
  shared_.held_out.judge_with([this](const Model& student, const StaircaseSet& set) {
    const auto shares = ask(question(Ask::judge, [&](Writer& out) {
      add(std::vector<StaircaseSet>{set}, out), add(student, out);
    }));
    std::vector<RewardParts> parts(size_t(shared_.held_out.batches()));
    for_each_one(shares, parts.size(), [&](size_t i, Reader& in) { parts[i] = parts_from(in); });
    return parts;
  });
  shared_.held_out.rescore_with([this](const std::vector<StaircaseSet>& students) {
    if (students.size() == 1)
      return std::vector{rescored(shared_.builder, shared_.held_out, students.front())};
    const auto shares = ask(question(Ask::rescore, [&](Writer& out) { add(students, out); }));
    std::vector<Candidate> candidates(students.size());
    for_each_one(shares, students.size(), [&](size_t i, Reader& in) {
      candidates[i] = {.f = students[i], .parts = parts_from(in)};
      candidates[i].reward = in.number<double>();
    });
    return candidates;
  });
}

std::vector<RewardParts> Spread::of_few(int batch, const std::vector<StaircaseSet>& students) {
  if (students != few_) few_ = students, ahead_.clear();
  if (!ahead_.contains(batch)) {
    const auto shares = ask(
        question(Ask::ahead, [&](Writer& out) { out.number(int32_t(batch)), add(students, out); }));
    const int n = int(students.size());
    for (int later = 0, rank = 0; later < batches_at_once(ranks_, shared_, n); ++later) {
      std::vector<RewardParts>& parts = ahead_[(batch + later) % shared_.search.batches()];
      parts.clear();  // it may have been asked for before
      for (int i = 0; i < n; ++i, ++rank) {
        Reader in("rank " + std::to_string(rank), shares[size_t(rank)]);
        parts.push_back(parts_from(in));
      }
    }
  }
  return ahead_.at(batch);
}

Recording Spread::record(const Model& model) const {
  const auto shares = ask(question(Ask::record, [&](Writer& out) { add(model, out); }));
  Recording whole;
  for (size_t rank = 0; rank < shares.size(); ++rank) {
    Reader in("rank " + std::to_string(rank), shares[rank]);
    whole.append(recording_from(in));
  }
  return whole;
}

std::vector<Bytes> Spread::ask(Bytes question) const {
  ranks_.broadcast(question);
  return ranks_.gather(*answer(ranks_, shared_, std::move(question)));
}

Spread::~Spread() {
  shared_.search.compute_with({});
  shared_.held_out.judge_with({});
  shared_.held_out.rescore_with({});
  try {
    Bytes end = question(Ask::end);
    ranks_.broadcast(end);
  } catch (const std::exception&) {  // the ranks are gone: nobody waits
  }
}

void work_for(const Ranks& ranks, const Shared& shared) {
  for (;;) {
    Bytes question;
    ranks.broadcast(question);
    const std::optional<Bytes> share = answer(ranks, shared, std::move(question));
    if (!share) return;
    ranks.gather(*share);
  }
}

}  // namespace tri
