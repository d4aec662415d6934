#include "tools/cli/mpi.h"

#include <cstdlib>
#include <sstream>

#include "data/base/error.h"
#include "data/base/file.h"
#include "data/base/hash.h"
#include "data/base/lock.h"
#include "tools/cli/options.h"

#ifdef TRISEGMENT_MPI
#include <mpi.h>
#include <unistd.h>

#include <exception>
#endif

namespace tri {
namespace {

// How many ranks a starter says there are; 1 without one.
int ranks_started() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"})
    if (const char* text = std::getenv(variable)) return std::atoi(text);
  return 1;
}

#ifdef TRISEGMENT_MPI

void require(int result, const char* what) {
  if (result != MPI_SUCCESS) throw Error(std::string("MPI: ") + what + " failed");
}

class MpiRanks : public Ranks {
 public:
  MpiRanks() {
    int given = 0;
    require(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given), "MPI_Init_thread");
    require(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
    require(MPI_Comm_size(MPI_COMM_WORLD, &count_), "MPI_Comm_size");
  }
  // All ranks finalize, or the starter ends them all: an error of one must not leave others
  // waiting.
  ~MpiRanks() override {
    if (std::uncaught_exceptions() == 0) MPI_Finalize();
  }
  int rank() const override { return rank_; }
  int count() const override { return count_; }

  void broadcast(Bytes& bytes) const override {
    uint64_t size = bytes.size();
    broadcast(&size, sizeof size);
    bytes.resize(size);
    broadcast(bytes.data(), size);
  }

  std::vector<Bytes> gather(const Bytes& bytes) const override {
    const int size = int(bytes.size());
    std::vector<int> sizes(size_t(rank_ == 0 ? count_ : 0)), begins;
    require(MPI_Gather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, 0, MPI_COMM_WORLD),
            "MPI_Gather");
    int all = 0;
    for (const int s : sizes) begins.push_back(all), all += s;
    Bytes joined(static_cast<size_t>(all));
    require(MPI_Gatherv(bytes.data(), size, MPI_BYTE, joined.data(), sizes.data(), begins.data(),
                        MPI_BYTE, 0, MPI_COMM_WORLD),
            "MPI_Gatherv");
    std::vector<Bytes> parts;
    for (size_t i = 0; i < sizes.size(); ++i)
      parts.emplace_back(joined.begin() + begins[i], joined.begin() + begins[i] + sizes[i]);
    return parts;
  }

  // Halves what is left with each partner, adds up there, and hands the sums back (Rabenseifner,
  // ICCS 2004): each number is added where it ends up, in the tree's order.
  void sum(std::span<float> values) const override {
    struct Half {
      std::span<float> kept, given;
    };
    std::vector<Half> halves;
    std::vector<float> other((values.size() + 1) / 2);
    for (int bit = 1; bit < count_; bit *= 2) {
      const size_t middle = values.size() / 2;
      Half half{values.first(middle), values.subspan(middle)};
      if (rank_ & bit) std::swap(half.kept, half.given);
      exchange(rank_ ^ bit, half.given, {other.data(), half.kept.size()});
      for (size_t i = 0; i < half.kept.size(); ++i) half.kept[i] += other[i];
      values = half.kept;
      halves.push_back(half);
    }
    for (int bit = count_ / 2; bit > 0; bit /= 2) {
      exchange(rank_ ^ bit, halves.back().kept, halves.back().given);
      halves.pop_back();
    }
  }

 private:
  void exchange(int partner, std::span<const float> sent, std::span<float> received) const {
    MPI_Request requests[2];
    require(MPI_Irecv(received.data(), int(received.size()), MPI_FLOAT, partner, 0, MPI_COMM_WORLD,
                      &requests[0]),
            "MPI_Irecv");
    require(MPI_Isend(sent.data(), int(sent.size()), MPI_FLOAT, partner, 0, MPI_COMM_WORLD,
                      &requests[1]),
            "MPI_Isend");
    wait(requests, 2);
  }
  // MPI's own wait keeps a core busy, which another rank may need, or this one's OpenMP threads.
  void wait(MPI_Request* requests, int count) const {
    int done = 0;
    for (int tries = 0; !done; ++tries) {
      require(MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE), "MPI_Testall");
      if (!done && tries > 1000) usleep(50);
    }
  }
  void broadcast(void* data, uint64_t size) const {
    MPI_Request request;
    require(MPI_Ibcast(data, int(size), MPI_BYTE, 0, MPI_COMM_WORLD, &request), "MPI_Ibcast");
    wait(&request, 1);
  }
  int rank_ = 0, count_ = 1;
};

#endif

std::vector<std::string> lines_of(const Bytes& bytes) {
  std::istringstream in(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

std::unique_ptr<Ranks> ranks_of_job() {
  if (ranks_started() <= 1) return nullptr;
#ifdef TRISEGMENT_MPI
  return std::make_unique<MpiRanks>();
#else
  throw Error("started as " + std::to_string(ranks_started()) +
              " ranks, and built without MPI: make MPI=1 (package libopenmpi-dev)");
#endif
}

void meet(const Ranks* ranks) {
  Bytes nothing;
  if (ranks) ranks->broadcast(nothing);
}

bool begins_as_helper(const Ranks* ranks, bool& offline) {
  if (!ranks || ranks->rank() == 0) return false;
  ignore_stops();
  offline = true;
  meet(ranks);
  return true;
}

void require_alike(const Ranks& ranks, const std::string& identity) {
  const std::string own = "host=" + host_name() +
                          "\nthe program=" + std::to_string(fnv1a(read_file("/proc/self/exe"))) +
                          "\n" + identity;
  const std::vector<Bytes> all = ranks.gather(Bytes(own.begin(), own.end()));
  std::string wrong;
  for (size_t rank = 1; rank < all.size() && wrong.empty(); ++rank) {
    const std::vector<std::string> first = lines_of(all[0]), other = lines_of(all[rank]);
    for (size_t i = 1; i < first.size() && wrong.empty(); ++i)
      if (i >= other.size() || other[i] != first[i])
        wrong = "rank " + std::to_string(rank) + " (" + other.front() + ") differs from rank 0 (" +
                first.front() + "): " + (i < other.size() ? other[i] : "nothing") + ", not " +
                first[i];
  }
  Bytes verdict(wrong.begin(), wrong.end());
  ranks.broadcast(verdict);
  if (!verdict.empty()) throw Error(std::string(verdict.begin(), verdict.end()));
}

}  // namespace tri
