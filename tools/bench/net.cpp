// ./bench net FILE: pictures a second of a whole network, beside those of current programs.
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "data/base/file.h"
#include "engine/integer/int_net.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/bench/commands.h"
#include "tools/bench/python_peer.h"
#include "tools/pipeline/pictures.h"

namespace tri {
namespace {

struct Settings {
  std::string file, isa, csv, json, python = python_of_peers();
  DataOptions data;
  int threads = omp_get_max_threads(), batch = 128, repeats = 7;
  std::vector<std::string> peers;
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
  for (const std::string& peer : s.peers) {
    contest.add(peer, [&] {
      return peer == "torch" ? python_peer("peer_torch.py", s.python,
                                           problem_for_python(model.layers, s.threads, s.batch))
                             : onnx_peer(peer, s.python, model, pictures, s.threads);
    });
    std::cerr << peer << ": " << contest.description() << "\n";
  }
  const std::vector<double> seconds = contest.race(0, s.repeats);
  std::vector<Column> columns = {{"net", 12},       {"kind", 8},  {"ISA", 8},
                                 {"threads", 7},    {"batch", 5}, {"median_ms", 9, 2},
                                 {"images/s", 8, 1}};
  Json row = {{"net", model.net},
              {"kind", model.staircases.empty() ? "teacher" : "student"},
              {"ISA", isa},
              {"threads", s.threads},
              {"batch", s.batch},
              {"median_ms", 1e3 * seconds[0]},
              {"images/s", s.batch / seconds[0]}};
  Json summary = {{"images_per_s", s.batch / seconds[0]}};
  for (size_t i = 0; i < s.peers.size(); ++i) {
    const std::string& peer = s.peers[i];
    const double of_peer = seconds[i + 1];
    columns.push_back({peer + "_ms", 11, 2});
    columns.push_back({peer + "_images/s", 17, 1});
    columns.push_back({"vs_" + peer, 11, 2});
    row[peer + "_ms"] = 1e3 * of_peer;
    row[peer + "_images/s"] = s.batch / of_peer;
    row["vs_" + peer] = of_peer / seconds[0];
    summary[peer + "_images_per_s"] = s.batch / of_peer;
    summary["vs_" + peer] = of_peer / seconds[0];
  }
  Table table(columns);
  table.add(row);
  table.write(s.csv, s.json, summary);
}

}  // namespace

void add_net(Options& options, Run& action) {
  const auto s = std::make_shared<Settings>();
  CLI::App& command = *options.add_subcommand("net", "a whole network, in pictures a second");
  command.add_option("FILE", s->file, "a .q8 or .tri file")->required();
  const CLI::Option* const peer =
      command
          .add_option("--peer", s->peers,
                      "take turns with the same network in these, separated by commas: ort (ONNX "
                      "Runtime), openvino, torch (quantized, with random weights) [torch]")
          ->delimiter(',')
          ->expected(0, 3)
          ->check(CLI::IsMember({"ort", "openvino", "torch"}));
  command.add_option("--python", s->python, "the Python that has them")->capture_default_str();
  s->data.add_to(command);
  command.add_option("--isa", s->isa, "our instruction set [$TRISEGMENT_ISA, else the best]");
  command.add_option("--threads", s->threads, "threads, of everyone")->check(CLI::Range(1, 1024));
  command.add_option("--batch", s->batch, "pictures a call")->check(CLI::Range(1, 10000));
  command.add_option("--repeats", s->repeats, "turns of which the median counts")
      ->check(CLI::Range(1, 1000));
  command.add_option("--csv", s->csv, "file for the row as CSV");
  command.add_option("--json", s->json, "file for the row and the summary as JSON");
  command.callback([s, peer, &action] {
    if (peer->count() > 0 && s->peers.empty()) s->peers = {"torch"};
    action = [s] { run(*s); };
  });
}

}  // namespace tri
