// ./bench int8|lut: the speed of the integer convolutions on the layers of a net.
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

#include "engine/kernels/int_conv.h"
#include "nets/nets.h"
#include "tools/options.h"

namespace {

struct Settings {
  std::string kind, net = "vgg19", isa;
  std::vector<double> zeros = {0.5, 0.75, 0.9};
  int threads = omp_get_max_threads(), batch = 32, repeats = 7;
};

// Weights as training leaves them: normal, the largest of a few thousand at the end of the range.
std::vector<int8_t> random_weights(const tri::Layer& layer, std::mt19937& rng) {
  std::normal_distribution<float> normal(0, 32);
  std::vector<int8_t> weights(layer.weights());
  for (int8_t& w : weights) w = int8_t(std::clamp(tri::round_code(normal(rng)), -127.f, 127.f));
  return weights;
}

// A share of zeros, and among the rest three of four the lower code, as a student has it.
tri::Buffer<uint8_t> random_input(size_t size, tri::ConvKind kind, double zeros,
                                  std::mt19937& rng) {
  std::uniform_real_distribution<double> uniform;
  tri::Buffer<uint8_t> x(size);
  for (uint8_t& code : x) {
    const double u = uniform(rng);
    if (kind == tri::ConvKind::int8)
      code = uint8_t(rng());
    else
      code = u < zeros ? 0 : u < zeros + 0.75 * (1 - zeros) ? 1 : 2;
  }
  return x;
}

// Median of some calls after a first one, in seconds.
template <class Call>
double median_seconds(int repeats, Call call) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds;
  for (int i = 0; i <= repeats; ++i) {
    const auto start = Clock::now();
    call();
    if (i) seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::ranges::nth_element(seconds, seconds.begin() + repeats / 2);
  return seconds[size_t(repeats / 2)];
}

struct Total {
  double seconds = 0, macs = 0;
};

void print_row(const std::string& layer, const std::string& shape, const Settings& s,
               const char* isa, double zeros, Total t) {
  char share[16] = "-";
  if (s.kind == "lut") std::snprintf(share, sizeof share, "%.2f", zeros);
  std::printf("%-10s %s %6s %7s %8s %7d %10.3f %8.1f\n", layer.c_str(), shape.c_str(), share,
              s.kind.c_str(), isa, s.threads, 1e3 * t.seconds, t.macs / t.seconds / 1e9);
}

Total measure(const tri::Layer& layer, tri::ConvKind kind, double zeros, const Settings& s) {
  std::mt19937 rng(1);
  const tri::ConvVariant& variant = tri::conv_variant(kind, s.isa);
  const tri::PackedConv conv = variant.pack(layer, random_weights(layer, rng).data());
  const auto x = random_input(size_t(s.batch) * layer.in.size(), kind, zeros, rng);
  // The epilogue of the layers in between: codes or three-valued codes.
  const size_t K = size_t(layer.output.c);
  const std::vector<int32_t> bias(K), m(K, 1 << 30), shift(K, 40), t1(K, 1000), t2(K, 9000);
  const tri::Epilogue epilogue{
      kind == tri::ConvKind::lut ? tri::Epilogue::staircase : tri::Epilogue::requantise,
      bias.data(),
      m.data(),
      shift.data(),
      t1.data(),
      t2.data()};
  tri::Buffer<uint8_t> y(size_t(s.batch) * layer.output.size());
  Total t;
  t.seconds = median_seconds(s.repeats, [&] {
    variant.run(conv, {.x = x.data(), .n = s.batch, .v1 = 60, .v2 = 140}, epilogue, y.data());
  });
  t.macs = double(s.batch) * layer.output.size() * layer.rows();
  const int row[] = {s.batch * layer.output.h * layer.output.w, layer.output.c, layer.rows()};
  char shape[64];
  std::snprintf(shape, sizeof shape, "%7d %5d %6d", row[0], row[1], row[2]);
  print_row(layer.name, shape, s, variant.isa, zeros, t);
  return t;
}

void bench(const Settings& s) {
  const tri::ConvKind kind = s.kind == "lut" ? tri::ConvKind::lut : tri::ConvKind::int8;
  omp_set_num_threads(s.threads);
  const std::vector<tri::Layer> layers = tri::table_of(s.net);
  std::printf("%-10s %7s %5s %6s %6s %7s %8s %7s %10s %8s\n", "layer", "M", "N", "K", "zeros",
              "kernel", "ISA", "threads", "median_ms", "GMAC/s");
  const auto shares = kind == tri::ConvKind::lut ? s.zeros : std::vector<double>{0};
  for (double zeros : shares) {
    Total total;
    for (const tri::Layer& layer : layers) {
      const bool picture = &layer == layers.data();  // is the input, which is not three-valued
      if (!layer.has_weights()) continue;
      if (kind == tri::ConvKind::lut && (picture || layer.kind == tri::Kind::depthwise)) continue;
      const Total t = measure(layer, kind, zeros, s);
      total.seconds += t.seconds, total.macs += t.macs;
    }
    print_row(s.net, std::string(20, ' '), s, tri::conv_variant(kind, s.isa).isa, zeros, total);
  }
}

}  // namespace

int main(int argc, char** argv) {
  tri::Options options(
      "Measures the integer convolutions on every layer of a net.\nExample: ./bench lut --net "
      "vgg19");
  Settings s;
  options.add_option("KIND", s.kind, "int8 or lut")->required()->check(tri::OneOf({"int8", "lut"}));
  options.add_option("--net", s.net, "The net whose layers are taken")
      ->check(tri::OneOf(tri::net_names()));
  options.add_option("--zeros", s.zeros, "Shares of zeros among the codes (lut)")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0));
  options.add_option("--isa", s.isa, "Instruction set instead of the best");
  options.add_option("--threads", s.threads, "Threads")->check(CLI::Range(1, 1024));
  options.add_option("--batch", s.batch, "Pictures a call")->check(CLI::Range(1, 4096));
  options.add_option("--repeats", s.repeats, "Calls of which the median counts")
      ->check(CLI::Range(1, 1000));
  return tri::run_program(options, argc, argv, [&] { bench(s); });
}
