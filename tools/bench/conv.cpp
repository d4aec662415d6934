// ./bench int8|lut: our integer convolutions beside OpenBLAS and oneDNN, layer by layer.
#include <omp.h>

#include <iostream>
#include <iterator>

#include "data/base/file.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/bench/commands.h"
#include "tools/bench/contestants.h"
#include "tools/bench/table.h"
#include "tools/pipeline/pictures.h"

namespace tri {
namespace {

struct Settings {
  ConvKind kind = ConvKind::int8;
  std::string name, net = "vgg19", from, isa, csv, json;
  DataOptions data;
  std::vector<double> zeros = {0.5, 0.75, 0.9};
  int threads = omp_get_max_threads(), batch = 32, repeats = 7;
};

// One set of problems: the layers of a net at one share of zeros.
struct Round {
  std::string zeros;  // "0.75", "real", "-"
  size_t begin, end;
};

// Everything that is measured, made before the contestants' processes are.
struct Program {
  Problems problems;
  std::vector<Round> rounds;

  void add(const std::string& zeros, Problems more) {
    rounds.push_back({zeros, problems.size(), problems.size() + more.size()});
    std::ranges::move(more, std::back_inserter(problems));
  }
};

Program program(Settings& s) {
  Program p;
  if (!s.from.empty()) {
    const Model model = load_model(s.from, table_of);
    if (s.kind == ConvKind::lut && model.staircases.empty())
      throw Error(s.from + " is a teacher: bench lut needs a student, a .tri file");
    s.net = model.net;
    omp_set_num_threads(1);  // no threads before the contestants' processes are made
    const Dataset pictures = bench_pictures(s.data, model, s.batch);
    p.add(s.kind == ConvKind::lut ? "real" : "-",
          real_problems(model, s.kind, pictures.pixels().data(), s.batch));
  } else if (s.kind == ConvKind::int8) {
    p.add("-", random_problems(table_of(s.net), s.kind, 0, s.batch));
  } else {
    for (double zeros : s.zeros) {
      char text[16];
      std::snprintf(text, sizeof text, "%.2f", zeros);
      p.add(text, random_problems(table_of(s.net), s.kind, zeros, s.batch));
    }
  }
  return p;
}

class Report {
 public:
  Report(const Settings& s, const std::string& isa, bool both_isas)
      : settings_(s),
        isa_(isa),
        both_isas_(both_isas),
        peak_(peak_gmacs(isa, s.threads)),
        table_(columns(s)) {}

  Json row(const std::string& layer, double macs, const Seconds& seconds) {
    Json row = {{"layer", layer},
                {"kernel", settings_.name},
                {"ISA", isa_},
                {"threads", settings_.threads}};
    const double ours = seconds.at("ours"), rate = macs / ours / 1e9;
    row["median_ms"] = 1e3 * ours;
    row["GMAC/s"] = rate;
    if (peak_ > 0) row["peak"] = rate / peak_;
    for (const auto& [name, value] : seconds) row[name + "_ms"] = 1e3 * value;
    if (!both_isas_) row.erase("ours_avx2_ms");
    if (seconds.contains("onednn")) row["vs_onednn"] = seconds.at("onednn") / ours;
    return row;
  }
  Table& table() { return table_; }
  double peak() const { return peak_; }

 private:
  static std::vector<Column> columns(const Settings& s) {
    std::vector<Column> columns = {{"layer", 8},     {"M", 6},        {"N", 5},
                                   {"K", 5},         {"zeros", 5, 2}, {"kernel", 6},
                                   {"ISA", 6},       {"threads", 7},  {"median_ms", 9, 3},
                                   {"GMAC/s", 7, 1}, {"peak", 5, 2}};
    if (s.kind == ConvKind::lut) columns.push_back({"int8_ms", 8, 3});
    for (Column c :
         {Column{"ours_avx2_ms", 12, 3}, Column{"sgemm_ms", 8, 3}, Column{"onednn_ms", 9, 3},
          Column{"onednn_avx2_ms", 14, 3}, Column{"vs_onednn", 9, 2}})
      columns.push_back(c);
    return columns;
  }
  const Settings& settings_;
  std::string isa_;
  bool both_isas_;
  double peak_;
  Table table_;
};

void run(Settings s) {
  set_isa(s.isa);
  const Program all = program(s);
  if (all.problems.empty()) throw Error("no layer of " + s.net + " takes three-level codes");
  Contestants contestants(all.problems, s.kind, s.isa, s.threads);
  std::cerr << contestants.description() << "\n";
  Report report(s, contestants.isa(), contestants.both_isas());
  Totals everything;
  Json by_zeros = Json::array();
  std::string closing;
  for (const Round& round : all.rounds) {
    Totals totals;
    for (size_t i = round.begin; i < round.end; ++i) {
      const Problem& p = all.problems[i];
      const Layer& l = p.layer;
      const auto seconds = contestants.race(i, s.repeats);
      totals.add(p.macs(), seconds);
      Json row = report.row(l.name, p.macs(), seconds);
      row["M"] = p.n * l.output.h * l.output.w, row["N"] = l.output.c, row["K"] = l.rows();
      if (s.kind == ConvKind::lut) row["zeros"] = p.zeros;
      report.table().add(row);
    }
    Json row = report.row(s.net, totals.macs, totals.peer);
    if (s.kind == ConvKind::lut) row["zeros"] = round.zeros;
    report.table().add(row);
    everything.add(totals);
    Json ratios = totals.ratios(s.name);
    closing += s.net + " whole, " + s.name;
    if (s.kind == ConvKind::lut)
      closing += " without the layers whose input has not three levels, zeros " + round.zeros;
    for (const auto& [name, ratio] : ratios.items()) {
      char text[64];
      std::snprintf(text, sizeof text, ", %s %.2f", name.c_str(), ratio.get<double>());
      closing += text;
    }
    closing += "\n";
    ratios["zeros"] = round.zeros;
    by_zeros.push_back(ratios);
  }
  std::cout << closing;
  Json summary = everything.ratios(s.name);
  if (s.kind == ConvKind::lut) summary["by_zeros"] = by_zeros;
  summary["peak_gmacs"] = report.peak();
  report.table().write(s.csv, s.json, summary);
}

void add_options(CLI::App& command, Settings& s) {
  command.add_option("--net", s.net, "the net whose layers are taken, with random weights")
      ->check(OneOf(net_names()));
  if (s.kind == ConvKind::lut)
    command.add_option("--zeros", s.zeros, "shares of zeros among random codes")
        ->delimiter(',')
        ->check(CLI::Range(0.0, 1.0));
  command.add_option("--from", s.from,
                     s.kind == ConvKind::lut
                         ? "a student (.tri): its weights, and the codes it has on test pictures"
                         : "a teacher or student (.q8, .tri): its weights");
  s.data.add_to(command);
  command.add_option("--isa", s.isa, "our instruction set [$TRISEGMENT_ISA, else the best]");
  command.add_option("--threads", s.threads, "threads, of everyone")->check(CLI::Range(1, 1024));
  command.add_option("--batch", s.batch, "pictures a call")->check(CLI::Range(1, 4096));
  command.add_option("--repeats", s.repeats, "turns of which the median counts")
      ->check(CLI::Range(1, 1000));
  command.add_option("--csv", s.csv, "file for the rows as CSV");
  command.add_option("--json", s.json, "file for the rows and the summary as JSON");
}

}  // namespace

void add_conv(Options& options, Run& action) {
  const auto add = [&](ConvKind kind, const char* name, const char* what) {
    const auto settings = std::make_shared<Settings>();
    settings->kind = kind, settings->name = name;
    CLI::App* command = options.add_subcommand(name, what);
    add_options(*command, *settings);
    command->callback([settings, &action] { action = [settings] { run(*settings); }; });
  };
  add(ConvKind::int8, "int8", "our INT8 convolutions beside OpenBLAS and oneDNN, layer by layer");
  add(ConvKind::lut, "lut", "our convolutions of three-level codes, likewise");
}

}  // namespace tri
