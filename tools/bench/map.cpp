// ./bench map: the byte maps of engine/kernels/bytemap/map.h beside memcpy of the same bytes, and
// what a staircase costs where it is fused into a convolution instead.
#include "engine/kernels/bytemap/map.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>

#include "data/base/file.h"
#include "data/base/rng.h"
#include "engine/kernels/conv/int_conv.h"
#include "tools/bench/commands.h"
#include "tools/bench/table.h"

namespace tri {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kTurn = 0.01;  // seconds a turn takes at least

struct Settings {
  std::string isa, csv, json;
  int threads = 1, repeats = 15;
};

// Seconds of a call of each in turn: medians over `repeats` turns.
std::vector<double> race(const std::vector<std::function<void()>>& calls, int repeats) {
  std::vector<std::vector<double>> seconds(calls.size());
  for (int turn = 0; turn < repeats; ++turn)
    for (size_t i = 0; i < calls.size(); ++i) {
      calls[i]();
      const auto start = Clock::now();
      double spent = 0;
      int count = 0;
      for (; spent < kTurn; ++count) {
        calls[i]();
        spent = std::chrono::duration<double>(Clock::now() - start).count();
      }
      seconds[i].push_back(spent / count);
    }
  std::vector<double> medians;
  for (auto& s : seconds) {
    std::ranges::nth_element(s, s.begin() + repeats / 2);
    medians.push_back(s[size_t(repeats / 2)]);
  }
  return medians;
}

const TriSegment kStaircase{.t1 = 90, .v1 = 60, .t2 = 170, .v2 = 200};

std::vector<MapVariant> variants(const std::string& isa) {
  if (!isa.empty()) return {map_variant(MapKind::table, isa), map_variant(MapKind::staircase, isa)};
  std::vector<MapVariant> all;
  std::ranges::copy_if(map_variants(), std::back_inserter(all),
                       [](const MapVariant& v) { return v.isa >= chosen_isa() && v.runnable(); });
  return all;
}

struct Place {
  const char* name;
  size_t bytes;  // of x, and of y, a thread
};

// Adds the rows of one size; returns the best variant's share of memcpy's speed.
double measure(const Place& place, const Settings& s, Table& table) {
  const ByteMap map = byte_map(kStaircase);
  const std::vector<MapVariant> all = variants(s.isa);
  const size_t n = place.bytes;
  const int calls = int(std::max<size_t>(1, (size_t(1) << 18) / n));  // a thread, between barriers
  std::vector<Buffer<uint8_t>> x(size_t(s.threads), Buffer<uint8_t>(n)), y = x;
  for (Buffer<uint8_t>& bytes : x) {
    Rng rng(1);
    for (uint8_t& byte : bytes) byte = uint8_t(rng.next() >> 56);
  }
  const auto on_every_thread = [&](auto act) {
    return [&, act] {
#pragma omp parallel num_threads(s.threads)
      for (int i = 0; i < calls; ++i)
        act(x[size_t(omp_get_thread_num())].data(), y[size_t(omp_get_thread_num())].data());
    };
  };
  std::vector<std::function<void()>> contestants;
  for (const MapVariant& v : all) {
    contestants.push_back(on_every_thread(
        [&map, v, n](const uint8_t* from, uint8_t* to) { v.run(map, from, n, to); }));
    contestants.back()();
    if (!std::ranges::equal(x[0], y[0], {}, [&](uint8_t byte) { return map.table[byte]; }))
      throw Error(std::string("the byte map for ") + isa_name(v.isa) + " is wrong");
  }
  contestants.push_back(
      on_every_thread([n](const uint8_t* from, uint8_t* to) { std::memcpy(to, from, n); }));

  const std::vector<double> seconds = race(contestants, s.repeats);
  const double elements = double(n) * s.threads * calls, copy = seconds.back();
  double best = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    best = std::max(best, copy / seconds[i]);
    table.add({{"in", place.name},
               {"KiB", int(n >> 10)},
               {"kernel", all[i].kind == MapKind::table ? "table" : "staircase"},
               {"ISA", isa_name(all[i].isa)},
               {"threads", s.threads},
               {"Gelements/s", elements / seconds[i] / 1e9},
               {"GB/s", 2 * elements / seconds[i] / 1e9},
               {"memcpy_GB/s", 2 * elements / copy / 1e9},
               {"vs_memcpy", copy / seconds[i]}});
  }
  return best;
}

// A 1x1 convolution of 64 channels to 64, as little work an output as networks have, with each way
// to end in three levels. Returns seconds relative to requantizing alone.
Json fused(const Settings& s) {
  std::vector<Layer> layers = {pw("pw", 64)};
  resolve(layers, {32, 32, 64});
  const Layer& l = layers[0];
  constexpr int n = 4;
  Rng rng(1);
  std::vector<int8_t> weights(l.weights());
  for (int8_t& w : weights) w = int8_t(rng.below(255) - 127);
  Buffer<uint8_t> x(n * l.in.size()), y(n * l.output.size());
  for (uint8_t& value : x) value = uint8_t(rng.below(256));
  // Largest accumulators of the codes that kStaircase compares with, at 2^-10 a step.
  const std::vector<int32_t> m(64, 1 << 30), shift(64, 40), t1(64, 90 * 1024 + 511),
      t2(64, 170 * 1024 + 511);
  const Epilogue requantize{.kind = Epilogue::requantize, .m = m.data(), .shift = shift.data()};
  const Epilogue staircase{.kind = Epilogue::staircase, .t1 = t1.data(), .t2 = t2.data()};
  const ConvVariant& conv = conv_variant(ConvKind::int8);
  const MapVariant& map = map_variant(MapKind::staircase);
  const PackedConv packed = conv.pack(l, weights.data());
  const ByteMap f = byte_map(kStaircase);
  omp_set_num_threads(s.threads);
  const auto run = [&](const Epilogue& e) {
    conv.run(packed, {.x = x.data(), .n = n}, e, y.data());
  };
  const auto seconds = race(
      {[&] { run(requantize); }, [&] { run(requantize), map.run(f, y.data(), y.size(), y.data()); },
       [&] { run(staircase); }},
      s.repeats);
  return {{"map_after_conv", seconds[1] / seconds[0]}, {"fused_in_conv", seconds[2] / seconds[0]}};
}

void run(const Settings& s) {
  set_isa(s.isa);
  Table table({{"in", 6},
               {"KiB", 6},
               {"kernel", 9},
               {"ISA", 6},
               {"threads", 7},
               {"Gelements/s", 11, 2},
               {"GB/s", 6, 2},
               {"memcpy_GB/s", 11, 2},
               {"vs_memcpy", 9, 2}});
  Json summary;
  for (const Place& place :
       {Place{"L1", 8 << 10}, Place{"L2", 96 << 10}, Place{"memory", 64 << 20}})
    summary["best_vs_memcpy"][place.name] = measure(place, s, table);
  const Json time = fused(s);
  std::printf("best variant, times memcpy: L1 %.2f, L2 %.2f, memory %.2f\n",
              summary["best_vs_memcpy"]["L1"].get<double>(),
              summary["best_vs_memcpy"]["L2"].get<double>(),
              summary["best_vs_memcpy"]["memory"].get<double>());
  std::printf(
      "a 1x1 convolution, 64 to 64 channels, requantizing: time 1; with a map after it: %.3f; with "
      "thresholds on its accumulators instead: %.3f\n",
      time["map_after_conv"].get<double>(), time["fused_in_conv"].get<double>());
  summary["conv_time_vs_requantize"] = time;
  table.write(s.csv, s.json, summary);
}

}  // namespace

void add_map(Options& options, Run& action) {
  const auto s = std::make_shared<Settings>();
  CLI::App& command =
      *options.add_subcommand("map", "maps of bytes beside memcpy, in L1, L2 and memory");
  command.add_option("--isa", s->isa,
                     "one instruction set instead of all [$TRISEGMENT_ISA: all from there down]");
  command.add_option("--threads", s->threads, "threads, each on bytes of its own")
      ->check(CLI::Range(1, 1024));
  command.add_option("--repeats", s->repeats, "turns of which the median counts")
      ->check(CLI::Range(1, 1000));
  command.add_option("--csv", s->csv, "file for the rows as CSV");
  command.add_option("--json", s->json, "file for the rows and the summary as JSON");
  command.callback([s, &action] { action = [s] { run(*s); }; });
}

}  // namespace tri
