// ./bench net FILE: pictures a second of a whole network, beside PyTorch's quantized one.
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "data/base/file.h"
#include "engine/integer/int_net.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/bench/commands.h"
#include "tools/bench/torch.h"
#include "tools/pipeline/pictures.h"

namespace tri {
namespace {

struct Settings {
  std::string file, isa, csv, json, python = python_of_peers();
  DataOptions data;
  int threads = omp_get_max_threads(), batch = 128, repeats = 7;
  bool peer = false;
};

class Ours : public Contestant {
 public:
  Ours(const Model& model, const Dataset& pictures, const Settings& s)
      : net_(model),
        staircases_(model, model.staircases.empty()
                               ? std::vector<std::optional<TriSegment>>(size_t(model.taps()))
                               : model.staircases),
        pictures_(pictures),
        logits_(size_t(pictures.size()) * model.layers.back().output.c),
        isa_(isa_name(chosen_isa())) {
    omp_set_num_threads(s.threads);
  }
  std::string description() const override { return isa_; }
  std::optional<uint64_t> prepare(int) override { return {}; }
  void run() override {
    net_.forward({.staircases = net_.model().staircases.empty() ? nullptr : &staircases_},
                 pictures_.pixels().data(), pictures_.size(), logits_.data(), workspace_);
  }

 private:
  IntNet net_;
  Staircases staircases_;
  const Dataset& pictures_;
  std::vector<int32_t> logits_;
  Workspace workspace_;
  std::string isa_;
};

void run(const Settings& s) {
  set_isa(s.isa);
  const Model model = load_model(s.file, table_of);
  const Dataset pictures = bench_pictures(s.data, model, s.batch);
  Contest contest;
  contest.add("ours", [&] { return std::make_unique<Ours>(model, pictures, s); });
  const std::string isa = contest.description();
  if (s.peer) {
    contest.add("torch", [&] {
      return torch_peer("peer_torch.py", s.python,
                        problem_for_torch(model.layers, s.threads, s.batch));
    });
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

void add_net(Options& options, Run& action) {
  const auto s = std::make_shared<Settings>();
  CLI::App& command = *options.add_subcommand("net", "a whole network, in pictures a second");
  command.add_option("FILE", s->file, "a .q8 or .tri file")->required();
  command.add_flag("--peer", s->peer,
                   "take turns with PyTorch's quantized network (Debian's "
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
