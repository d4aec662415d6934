// ./bench int8|lut: our integer convolutions beside OpenBLAS and oneDNN, layer by layer.
#include <omp.h>

#include <cmath>
#include <iostream>
#include <iterator>
#include <map>

#include "data/file.h"
#include "nets/nets.h"
#include "tools/bench/commands.h"
#include "tools/bench/peers.h"
#include "tools/bench/table.h"
#include "tools/pictures.h"

namespace tri {
namespace {

struct Settings {
  ConvKind kind = ConvKind::int8;
  std::string name, net = "vgg19", from, isa, data, csv, json;
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
    const Dataset pictures = load_pictures(s.data, s.batch).test;
    const int n = std::min(s.batch, pictures.size());
    p.add(s.kind == ConvKind::lut ? "real" : "-",
          real_problems(model, s.kind, pictures.pixels.data(), n));
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

// The contestants' names and what they are called in the columns: ours come first.
class Field {
 public:
  Field(const Settings& s, const Problems& problems) {
    add("ours", [&] { return our_kernel(problems, s.kind, s.isa, s.threads); });
    isa_ = contest_.description();
    // Against oneDNN held to AVX2 stand our AVX2 kernels, unless --isa says which.
    if (s.isa.empty() && isa_.starts_with("avx512"))
      add("ours_avx2", [&] { return our_kernel(problems, s.kind, "avx2", s.threads); });
    if (s.kind == ConvKind::lut)
      add("int8", [&] { return our_kernel(problems, ConvKind::int8, s.isa, s.threads); });
    add("sgemm", [&] { return sgemm_peer(problems, s.threads); });
    std::string peers = "sgemm: OpenBLAS for " + contest_.description();
    if (has_onednn()) {
      add("onednn", [&] { return onednn_peer(problems, false, s.threads); });
      peers += "; onednn: " + contest_.description();
      if (contest_.description() == "avx2")
        peers += ", which is all this CPU has, so it is also onednn_avx2";
      else
        add("onednn_avx2", [&] { return onednn_peer(problems, true, s.threads); });
    } else {
      peers += "; no oneDNN, as libdnnl-dev was not there when bench was built";
    }
    std::cerr << peers << "\n";
  }

  const std::string& isa() const { return isa_; }
  // Medians of a problem by name; "ours_avx2" and "onednn_avx2" fall back to the ones they equal.
  std::map<std::string, double> race(size_t problem, int repeats) {
    const std::vector<double> seconds = contest_.race(int(problem), repeats);
    std::map<std::string, double> named;
    for (size_t i = 0; i < names_.size(); ++i) named[names_[i]] = seconds[i];
    if (!named.contains("ours_avx2")) named["ours_avx2"] = named["ours"];
    if (named.contains("onednn") && !named.contains("onednn_avx2"))
      named["onednn_avx2"] = named["onednn"];
    return named;
  }

 private:
  void add(const std::string& name, Contest::Make make) {
    contest_.add(name, std::move(make));
    names_.push_back(name);
  }
  Contest contest_;
  std::vector<std::string> names_;
  std::string isa_;
};

// Sums of medians over layers. A peer that a layer has not is compared on the other layers alone.
struct Totals {
  double macs = 0;
  std::map<std::string, double> peer, ours_beside;  // seconds, by peer

  void add(double layer_macs, const std::map<std::string, double>& seconds) {
    macs += layer_macs;
    for (const auto& [name, value] : seconds) {
      if (std::isnan(value)) continue;
      peer[name] += value;
      ours_beside[name] += seconds.at(name == "onednn_avx2" ? "ours_avx2" : "ours");
    }
  }
  void add(const Totals& other) {
    macs += other.macs;
    for (const auto& [name, value] : other.peer) peer[name] += value;
    for (const auto& [name, value] : other.ours_beside) ours_beside[name] += value;
  }
  // lut_vs_onednn and so on: above 1 where ours is faster.
  Json ratios(const std::string& ours) const {
    Json json;
    for (const char* name : {"int8", "sgemm", "onednn", "onednn_avx2"})
      if (peer.contains(name)) json[ours + "_vs_" + name] = peer.at(name) / ours_beside.at(name);
    return json;
  }
};

class Report {
 public:
  Report(const Settings& s, const std::string& isa, bool both_isas)
      : settings_(s),
        isa_(isa),
        both_isas_(both_isas),
        peak_(peak_gmacs(isa, s.threads)),
        table_(columns(s)) {}

  Json row(const std::string& layer, double macs, const std::map<std::string, double>& seconds) {
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
  const Program all = program(s);
  Field field(s, all.problems);
  Report report(s, field.isa(), s.isa.empty() && field.isa().starts_with("avx512"));
  Totals everything;
  Json by_zeros = Json::array();
  std::string closing;
  for (const Round& round : all.rounds) {
    Totals totals;
    for (size_t i = round.begin; i < round.end; ++i) {
      const Problem& p = all.problems[i];
      const Layer& l = p.layer;
      const auto seconds = field.race(i, s.repeats);
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
      ->check(CLI::IsMember(net_names()));
  if (s.kind == ConvKind::lut)
    command.add_option("--zeros", s.zeros, "shares of zeros among random codes")
        ->delimiter(',')
        ->check(CLI::Range(0.0, 1.0));
  command.add_option("--from", s.from,
                     s.kind == ConvKind::lut
                         ? "a student (.tri): its weights, and the codes it has on test pictures"
                         : "a teacher or student (.q8, .tri): its weights");
  command.add_option("--data", s.data, "folder of CIFAR-10's binary version, for --from");
  command.add_option("--isa", s.isa, "our instruction set [$TRISEGMENT_ISA, else the best]");
  command.add_option("--threads", s.threads, "threads, of everyone")->check(CLI::Range(1, 1024));
  command.add_option("--batch", s.batch, "pictures a call")->check(CLI::Range(1, 4096));
  command.add_option("--repeats", s.repeats, "turns of which the median counts")
      ->check(CLI::Range(1, 1000));
  command.add_option("--csv", s.csv, "file for the rows as CSV");
  command.add_option("--json", s.json, "file for the rows and the summary as JSON");
}

}  // namespace

void add_conv(Options& options, Action& action) {
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
