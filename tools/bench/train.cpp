// ./bench train: the speed of a training step, net by net.

#include <omp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "data/batch.h"
#include "engine/float/loss.h"
#include "engine/float/optim.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/bench/commands.h"
#include "tools/bench/contest.h"
#include "tools/bench/python_peer.h"
#include "tools/bench/table.h"

namespace tri {
namespace {

struct Settings {
  std::string isa, precision, python = python_of_peers(), csv, json;
  bool peer = false;
  std::vector<std::string> nets = net_names();
  int batch = 128, threads = omp_get_max_threads(), repeats = 5;
};

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + values.size() / 2);
  return values[values.size() / 2];
}

// Operations of a step on one picture: forward, dw and, but for the first layer, dx.
double operations(const std::vector<Layer>& layers) {
  double sum = 0;
  for (const Layer& l : layers)
    if (l.has_weights()) sum += 2.0 * l.output.size() * l.rows() * (&l == layers.data() ? 2 : 3);
  return sum;
}

// A training that is ready for its next step.
class Steps {
 public:
  Steps(const std::string& name, const Settings& s)
      : net(name, table_of(name), Rng(1)),
        recipe_(recipe_of(name)),
        n_(s.batch),
        classes_(net.layers.back().output.c),
        pixels_(size_t(n_) * net.layers.front().in.size()),
        labels_(size_t(n_), 0),
        gradient_{std::vector<float>(size_t(n_) * size_t(classes_)), {}, {}},
        velocity_(net.params.size(), 0) {
    net.precision = precision_of(s.precision);
    Rng rng(1);
    for (uint8_t& pixel : pixels_) pixel = uint8_t(rng.below(256));
  }
  void forward_and_loss() {
    normalize(pixels_.data(), pixels_.size(), input(net, acts_, n_));
    forward(net, acts_, n_, {.training = true, .dropout_seed = ++step_});
    cross_entropy(n_, classes_, acts_.logits(), labels_.data(), recipe_.smoothing,
                  gradient_.logits.data());
  }
  void go_back() { backward(net, acts_, gradient_); }
  void update() {
    sgd_step({1e-3f, recipe_.momentum, recipe_.decay}, net.params.size(), net.weights,
             net.params.data(), net.grads.data(), velocity_.data());
  }

  Net net;

 private:
  Recipe recipe_;
  int n_, classes_;
  uint64_t step_ = 0;
  std::vector<uint8_t> pixels_;
  std::vector<uint16_t> labels_;
  LossGradient gradient_;
  Buffer<float> velocity_;
  Activations acts_;
};

void bench_net(const std::string& name, const Settings& s) {
  Steps steps(name, s);
  std::array<std::vector<double>, 4> seconds;  // forward, backward, update, all
  for (int i = -1; i < s.repeats; ++i) {       // the first step is not counted
    using Clock = std::chrono::steady_clock;
    std::array<Clock::time_point, 4> t;
    t[0] = Clock::now();
    steps.forward_and_loss();
    t[1] = Clock::now();
    steps.go_back();
    t[2] = Clock::now();
    steps.update();
    t[3] = Clock::now();
    if (i < 0) continue;
    const auto between = [&](int a, int b) {
      return std::chrono::duration<double>(t[b] - t[a]).count();
    };
    for (int part = 0; part < 3; ++part) seconds[part].push_back(between(part, part + 1));
    seconds[3].push_back(between(0, 3));
  }
  const double step = median(seconds[3]);
  std::printf("%-12s %6d %7d %7s %9s %10.1f %11.1f %9.1f %10.1f %8.1f\n", name.c_str(), s.batch,
              omp_get_max_threads(), isa_name(chosen_isa()), precision_name(steps.net.precision),
              1e3 * median(seconds[0]), 1e3 * median(seconds[1]), 1e3 * median(seconds[2]),
              s.batch / step, s.batch * operations(steps.net.layers) / step / 1e9);
  std::fflush(stdout);
}

class Ours : public Contestant {
 public:
  Ours(const std::string& name, const Settings& s) {
    omp_set_num_threads(s.threads);
    steps_.emplace(name, s);
  }
  std::optional<uint64_t> prepare(int) override { return {}; }
  void run() override { steps_->forward_and_loss(), steps_->go_back(), steps_->update(); }

 private:
  std::optional<Steps> steps_;
};

// Whole steps in turns with PyTorch's, in floats and in bfloat16: pictures/s of each, and our speed
// over the best of theirs.
void race(const Settings& s) {
  static const char* const kPrecisions[] = {"fp32", "bf16"};
  Table table({{"net", 12},
               {"batch", 6},
               {"threads", 7},
               {"ISA", 8},
               {"precision", 9},
               {"pictures/s", 10, 1},
               {"torch_fp32", 10, 1},
               {"torch_bf16", 10, 1},
               {"vs_torch", 8, 2}});
  Json summary;
  for (const std::string& name : s.nets) {
    Contest contest;
    contest.add("ours", [&] { return std::make_unique<Ours>(name, s); });
    for (const char* precision : kPrecisions) {
      contest.add(std::string("torch ") + precision, [&] {
        Json problem = problem_for_python(table_of(name), s.threads, s.batch);
        problem["precision"] = precision;
        return python_peer("peer_torch_train.py", s.python, problem);
      });
      std::fprintf(stderr, "%s\n", contest.description().c_str());
    }
    const std::vector<double> seconds = contest.race(0, s.repeats);
    const double ratio = std::min(seconds[1], seconds[2]) / seconds[0];
    table.add({{"net", name},
               {"batch", s.batch},
               {"threads", s.threads},
               {"ISA", isa_name(chosen_isa())},
               {"precision", precision_name(precision_of(s.precision))},
               {"pictures/s", s.batch / seconds[0]},
               {"torch_fp32", s.batch / seconds[1]},
               {"torch_bf16", s.batch / seconds[2]},
               {"vs_torch", ratio}});
    summary[name + "_vs_torch"] = ratio;
  }
  table.write(s.csv, s.json, summary);
}

// Medians of forward (with the loss), backward and the update of the weights, pictures/s of the
// whole step, and GFLOP/s counting two operations for every multiplication of the convolutions as
// they are defined (Winograd does fewer), in all three passes.
void run(const Settings& s) {
  set_isa(s.isa);
  if (s.peer) return race(s);
  omp_set_num_threads(s.threads);
  std::printf("%-12s %6s %7s %7s %9s %10s %11s %9s %10s %8s\n", "net", "batch", "threads", "ISA",
              "precision", "forward_ms", "backward_ms", "update_ms", "pictures/s", "GFLOP/s");
  for (const std::string& net : s.nets) bench_net(net, s);
}

}  // namespace

void add_train(Options& options, Run& action) {
  const auto s = std::make_shared<Settings>();
  CLI::App& command = *options.add_subcommand("train", "a training step of each net");
  command.add_option("--net", s->nets, "nets, separated by commas")
      ->delimiter(',')
      ->check(OneOf(net_names()));
  command.add_option("--isa", s->isa, "our instruction set [$TRISEGMENT_ISA, else the best]");
  command.add_option("--precision", s->precision,
                     "of products: fp32 or bf16 [bf16 where the CPU has it]");
  command.add_option("--batch", s->batch, "pictures a step")->check(CLI::Range(1, 4096));
  command.add_option("--threads", s->threads, "threads")->check(CLI::Range(1, 1024));
  command.add_flag("--peer", s->peer,
                   "take turns with PyTorch's step, in fp32 and in bf16 (make peers)");
  command.add_option("--python", s->python, "the Python that has torch");
  command.add_option("--csv", s->csv, "file for the rows as CSV, with --peer");
  command.add_option("--json", s->json, "file for rows and summary as JSON, with --peer");
  command.add_option("--repeats", s->repeats, "steps of which the median counts")
      ->check(CLI::Range(1, 1000));
  command.callback([s, &action] { action = [s] { run(*s); }; });
}

}  // namespace tri
