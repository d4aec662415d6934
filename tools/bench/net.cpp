// ./bench net FILE: pictures a second of a whole network, beside PyTorch's quantised one.
#include <omp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "data/file.h"
#include "engine/int_net.h"
#include "nets/nets.h"
#include "tools/bench/commands.h"
#include "tools/bench/contest.h"
#include "tools/bench/table.h"
#include "tools/pictures.h"

namespace tri {
namespace {

struct Settings {
  std::string file, isa, csv, json, python = "/usr/bin/python3";
  DataOptions data;
  int threads = omp_get_max_threads(), batch = 128, repeats = 7;
  bool peer = false;
};

class Ours : public Contestant {
 public:
  Ours(const Model& model, const Dataset& pictures, const Settings& s)
      : net_(model, s.isa),
        staircases_(model, model.staircases.empty()
                               ? std::vector<std::optional<TriSegment>>(size_t(model.taps()))
                               : model.staircases),
        pictures_(pictures),
        logits_(size_t(pictures.size()) * model.layers.back().output.c),
        isa_(conv_variant(ConvKind::int8, s.isa).isa) {
    omp_set_num_threads(s.threads);
  }
  std::string description() const override { return isa_; }
  std::optional<uint64_t> prepare(int) override { return {}; }
  void run() override {
    net_.forward(pictures_.pixels.data(), pictures_.size(), logits_.data(), workspace_,
                 net_.model().staircases.empty() ? nullptr : &staircases_);
  }

 private:
  IntNet net_;
  Staircases staircases_;
  const Dataset& pictures_;
  std::vector<int32_t> logits_;
  Workspace workspace_;
  std::string isa_;
};

// The layer table as tools/peer_torch.py reads it.
Json table_for_peer(const Model& model, const Settings& s) {
  static const char* const kNames[] = {"conv", "depthwise", "max_pool", "avg_pool", "dropout"};
  Json layers = Json::array();
  for (const Layer& l : model.layers)
    layers.push_back({{"kind", kNames[int(l.kind)]},
                      {"in", l.in.c},
                      {"out", l.output.c},
                      {"kernel", l.kernel},
                      {"stride", l.stride},
                      {"pad", l.pad},
                      {"activated", l.activated}});
  return {{"threads", s.threads}, {"batch", s.batch}, {"layers", layers}};
}

// A Python process that answers every line with one of its own.
class Torch : public Contestant {
 public:
  Torch(const Model& model, const Settings& s) {
    int to[2], from[2];
    if (pipe(to) || pipe(from)) throw Error("no pipe");
    const pid_t pid = fork();
    if (pid < 0) throw Error("no process");
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(to[0], 0), dup2(from[1], 1);
      for (int end : {to[0], to[1], from[0], from[1]}) close(end);
      execlp(s.python.c_str(), s.python.c_str(), "tools/peer_torch.py", "--serve", nullptr);
      _exit(127);
    }
    close(to[0]), close(from[1]);
    to_ = fdopen(to[1], "w"), from_ = fdopen(from[0], "r");
    engine_ = ask(table_for_peer(model, s).dump());
  }
  std::string description() const override { return engine_; }
  std::optional<uint64_t> prepare(int) override { return {}; }  // its weights are random
  void run() override { ask("run"); }

 private:
  std::string ask(const std::string& line) {
    char answer[200];
    if (std::fprintf(to_, "%s\n", line.c_str()) < 0 || std::fflush(to_) ||
        !std::fgets(answer, sizeof answer, from_))
      throw Error(
          "tools/peer_torch.py did not answer: it needs the package python3-torch and to be "
          "started from the project's folder");
    std::string text = answer;
    text.pop_back();
    return text;
  }
  FILE *to_, *from_;
  std::string engine_;
};

void run(const Settings& s) {
  const Model model = load_model(s.file, table_of);
  Dataset pictures = load_pictures(s.data, s.batch).test;
  if (pictures.size() < s.batch)
    throw Error("there are only " + std::to_string(pictures.size()) + " pictures: lower --batch");
  Contest contest;
  contest.add("ours", [&] { return std::make_unique<Ours>(model, pictures, s); });
  const std::string isa = contest.description();
  if (s.peer) {
    contest.add("torch", [&] { return std::make_unique<Torch>(model, s); });
    std::cerr << "torch: " << contest.description() << "\n";
  }
  const std::vector<double> seconds = contest.race(0, s.repeats);
  Table table({{"net", 12},
               {"kind", 8},
               {"ISA", 8},
               {"threads", 7},
               {"batch", 5},
               {"median_ms", 9, 1},
               {"images/s", 8, 1},
               {"torch_ms", 8, 1},
               {"torch_images/s", 14, 1},
               {"vs_torch", 8, 2}});
  Json row = {{"net", model.net},
              {"kind", model.staircases.empty() ? "teacher" : "student"},
              {"ISA", isa},
              {"threads", s.threads},
              {"batch", s.batch},
              {"median_ms", 1e3 * seconds[0]},
              {"images/s", s.batch / seconds[0]}};
  Json summary = {{"images_per_s", s.batch / seconds[0]}};
  if (s.peer) {
    row["torch_ms"] = 1e3 * seconds[1];
    row["torch_images/s"] = s.batch / seconds[1];
    row["vs_torch"] = seconds[1] / seconds[0];
    summary["torch_images_per_s"] = s.batch / seconds[1];
    summary["vs_torch"] = seconds[1] / seconds[0];
  }
  table.add(row);
  table.write(s.csv, s.json, summary);
}

}  // namespace

void add_net(Options& options, Action& action) {
  const auto s = std::make_shared<Settings>();
  CLI::App& command = *options.add_subcommand("net", "a whole network, in pictures a second");
  command.add_option("FILE", s->file, "a .q8 or .tri file")->required();
  command.add_flag("--peer", s->peer,
                   "take turns with PyTorch's quantised network (Debian's "
                   "python3-torch), of the same layers with random weights");
  command.add_option("--python", s->python, "the Python that has torch");
  s->data.add_to(command);
  command.add_option("--isa", s->isa, "our instruction set [$TRISEGMENT_ISA, else the best]");
  command.add_option("--threads", s->threads, "threads, of everyone")->check(CLI::Range(1, 1024));
  command.add_option("--batch", s->batch, "pictures a call")->check(CLI::Range(1, 10000));
  command.add_option("--repeats", s->repeats, "turns of which the median counts")
      ->check(CLI::Range(1, 1000));
  command.add_option("--csv", s->csv, "file for the row as CSV");
  command.add_option("--json", s->json, "file for the row and the summary as JSON");
  command.callback([s, &action] { action = [s] { run(*s); }; });
}

}  // namespace tri
