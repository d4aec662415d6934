// ./bench train: the speed of a training step, net by net.

#include <omp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

#include "data/batch.h"
#include "engine/float/loss.h"
#include "engine/float/optim.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/bench/commands.h"

namespace tri {
namespace {

struct Settings {
  std::string isa, precision;
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

void bench_net(const std::string& name, const Settings& s) {
  Net net(name, table_of(name), Rng(1));
  net.precision = precision_of(s.precision);
  const Recipe recipe = recipe_of(name);
  const int n = s.batch, classes = net.layers.back().output.c;
  Rng rng(1);
  std::vector<uint8_t> pixels(size_t(n) * net.layers.front().in.size());
  const std::vector<uint16_t> labels(size_t(n), 0);
  for (uint8_t& pixel : pixels) pixel = uint8_t(rng.below(256));
  LossGradient gradient{std::vector<float>(size_t(n) * classes), {}, {}};
  Buffer<float> velocity(net.params.size(), 0);
  Activations acts;
  std::array<std::vector<double>, 4> seconds;  // forward, backward, update, all
  for (int i = -1; i < s.repeats; ++i) {       // the first step is not counted
    using Clock = std::chrono::steady_clock;
    std::array<Clock::time_point, 4> t;
    t[0] = Clock::now();
    normalize(pixels.data(), pixels.size(), input(net, acts, n));
    forward(net, acts, n, {.training = true, .dropout_seed = uint64_t(i)});
    cross_entropy(n, classes, acts.logits(), labels.data(), recipe.smoothing,
                  gradient.logits.data());
    t[1] = Clock::now();
    backward(net, acts, gradient);
    t[2] = Clock::now();
    sgd_step({1e-3f, recipe.momentum, recipe.decay}, net.params.size(), net.weights,
             net.params.data(), net.grads.data(), velocity.data());
    t[3] = Clock::now();
    if (i < 0) continue;
    const auto between = [&](int a, int b) {
      return std::chrono::duration<double>(t[b] - t[a]).count();
    };
    for (int part = 0; part < 3; ++part) seconds[part].push_back(between(part, part + 1));
    seconds[3].push_back(between(0, 3));
  }
  const double step = median(seconds[3]);
  std::printf("%-12s %6d %7d %7s %9s %10.1f %11.1f %9.1f %10.1f %8.1f\n", name.c_str(), n,
              omp_get_max_threads(), isa_name(chosen_isa()), precision_name(net.precision),
              1e3 * median(seconds[0]), 1e3 * median(seconds[1]), 1e3 * median(seconds[2]),
              n / step, n * operations(net.layers) / step / 1e9);
  std::fflush(stdout);
}

// Medians of forward (with the loss), backward and the update of the weights, pictures/s of the
// whole step, and GFLOP/s counting two operations for every multiplication of the convolutions as
// they are defined (Winograd does fewer), in all three passes.
void run(const Settings& s) {
  set_isa(s.isa);
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
  command.add_option("--repeats", s->repeats, "steps of which the median counts")
      ->check(CLI::Range(1, 1000));
  command.callback([s, &action] { action = [s] { run(*s); }; });
}

}  // namespace tri
