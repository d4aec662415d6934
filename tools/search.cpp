// ./search NET: finds the staircases of all layers and writes the student.
#include <chrono>
#include <csignal>

#include "data/file.h"
#include "nets/nets.h"
#include "tools/options.h"
#include "tools/progress.h"
#include "tools/search_report.h"

using namespace tri;

namespace {

// Set by the first Ctrl-C (or kill): the search then ends and what it has found is deployed.
std::atomic<bool> stop{false};

void on_signal(int) {
  stop = true;
  std::signal(SIGINT, SIG_DFL);  // a second one ends the program at once
  std::signal(SIGTERM, SIG_DFL);
}

struct Settings {
  std::string net, teacher_file, data, out, algorithm = "ppo", prior = "mse", isa;
  std::vector<std::string> keep;
  int seeds = 1, pool = 1024, held_out = 1024, calibration = 1000, test_pictures = 10000, top = 3;
  bool no_calibrate = false;
  double max_drop = 5, minutes = 0;
  ObjectiveOptions objective;
  SearchOptions search;
};

void add_options(Options& options, Settings& s) {
  options.add_option("NET", s.net, "the network")->required()->check(CLI::IsMember(net_names()));
  options.add_option("--teacher", s.teacher_file, "teacher file [nets/weights/NET.q8]");
  options.add_option("--data", s.data, "folder of CIFAR-10's binary version");
  std::vector<std::string> algorithms = algorithm_names();
  algorithms.push_back("all");
  options.add_option("--algo", s.algorithm, "how parameter sets are proposed; all compares")
      ->check(CLI::IsMember(algorithms));
  options.add_option("--episodes", s.search.evaluations, "parameter sets to evaluate")
      ->check(CLI::Range(1, 10'000'000));
  options.add_option("--minutes", s.minutes, "end each search after so many [never]")
      ->check(CLI::Range(0.0, 1e5));
  options.add_option("--batch", s.objective.batch, "pictures that each one is evaluated on")
      ->check(CLI::Range(1, 1000));
  options.add_option("--pool", s.pool, "pictures that the batches rotate through")
      ->check(CLI::Range(1, 50'000));
  options.add_option("--held-out", s.held_out, "pictures that decide between the best")
      ->check(CLI::Range(1, 50'000));
  options.add_option("--calibration", s.calibration, "pictures for statistics and calibration")
      ->check(CLI::Range(1, 4000));
  options.add_flag("--no-calibrate", s.no_calibrate, "leave the students' channels as they are");
  options.add_option("--keep", s.keep, "layers that keep their 8-bit codes, or auto:N")
      ->delimiter(',');
  options.add_option("--top", s.top, "candidates measured on the test set")
      ->check(CLI::Range(1, 1000));
  options.add_option("--test", s.test_pictures, "test pictures to measure on, at most")
      ->check(CLI::Range(1, 10000));
  options.add_option("--max-drop", s.max_drop, "points of accuracy the student may lose")
      ->check(CLI::Range(0.0, 100.0));
  options.add_option("--attention-weight", s.objective.attention_weight, "w of -KL - w * AT")
      ->check(CLI::Range(0.0, 1e6));
  options.add_option("--prior", s.prior, "where heads start: around the mse optimum, or anywhere")
      ->check(CLI::IsMember({"mse", "none"}));
  options.add_option("--prior-width", s.search.widths.residual, "of one layer's bells, in bins")
      ->check(CLI::Range(0.1, 1000.0));
  options.add_option("--global-width", s.search.widths.global, "of the global step's, in bins")
      ->check(CLI::Range(0.1, 1000.0));
  options.add_option("--seed", s.search.seed, "of the sampling, the agent and the pictures' order");
  options.add_option("--seeds", s.seeds, "repeat with so many seeds, from --seed on")
      ->check(CLI::Range(1, 1000));
  options.add_option("--isa", s.isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  options.add_option("--out", s.out, "folder for result.json, search.csv and NET.tri [runs/NET]");
}

// Removes the staircases of the layers that --keep names.
void keep_layers(const std::vector<std::string>& names, const Model& model,
                 const Objective& objective, WarmUp& start) {
  const std::vector<int> layers = model.tap_layers();
  std::vector<int> taps;
  for (const std::string& name : names) {
    int count = 0;
    if (std::sscanf(name.c_str(), "auto:%d", &count) == 1) {
      const std::vector<int> sensitive = most_sensitive(objective, start, count);
      taps.insert(taps.end(), sensitive.begin(), sensitive.end());
      continue;
    }
    const auto named = [&](int i) { return model.layers[size_t(i)].name == name; };
    const auto found = std::find_if(layers.begin(), layers.end(), named);
    if (found == layers.end())
      throw Error("--keep " + name + ": " + model.net + " has no such hidden layer");
    taps.push_back(int(found - layers.begin()));
  }
  for (const int tap : taps) {
    start.mse_optimal[size_t(tap)].reset();
    std::cerr << "kept at 8 bits: " << model.layers[size_t(layers[size_t(tap)])].name << "\n";
  }
  if (taps.size() >= layers.size()) throw Error("--keep leaves no layer to search for");
}

std::string live(const std::string& algorithm, const SearchRow& r) {
  char text[200];
  std::snprintf(text, sizeof text,
                "%s, %d evaluations: reward mean %.4f, best %.4f (KL %.4f, AT %.4f), MSE start "
                "%.4f, %.2f evaluations/s",
                algorithm.c_str(), r.evaluations, r.reward_mean, r.best.reward, r.best.kl,
                r.best.attention, r.reward_mse, r.evaluations / r.seconds);
  return text;
}

// The names to run: with --algo all those that the prior allows.
std::vector<std::string> algorithms_of(const Settings& s) {
  std::vector<std::string> names = algorithm_names();
  if (s.prior == "none") std::erase(names, "grid");
  if (s.algorithm == "all") return names;
  if (std::find(names.begin(), names.end(), s.algorithm) == names.end())
    throw Error("--algo " + s.algorithm + " needs --prior mse");
  return {s.algorithm};
}

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Finds three-level activations for every layer of an 8-bit teacher.\n"
      "Example: ./search vgg19 --data data/cifar-10-batches-bin");
  Settings s;
  add_options(options, s);
  return run_program(options, argc, argv, [&] {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<std::string> algorithms = algorithms_of(s);
    if (s.teacher_file.empty()) s.teacher_file = "nets/weights/" + s.net + ".q8";
    const Model model = load_model(s.teacher_file, table_of);
    if (model.net != s.net)
      throw Error(s.teacher_file + ": is a " + model.net + ", expected " + s.net);
    const IntNet teacher(model, s.isa);
    const Pictures pictures = load_pictures(s.data, s.test_pictures);
    const Splits splits = split(pictures.train, s.calibration, s.pool, s.held_out);
    const std::filesystem::path folder = s.out.empty() ? "runs/" + s.net : s.out;
    std::filesystem::create_directories(folder);
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);

    std::cerr << "warm-up: the teacher on " << s.calibration + s.pool + s.held_out
              << " training pictures\n";
    s.search.prior = s.prior == "mse";
    s.search.shortlist = std::max<size_t>(s.search.shortlist, size_t(s.top));
    s.objective.calibrate = !s.no_calibrate;
    s.objective.attention_layers = attention_layers(s.net);
    WarmUp start = warm_up(teacher, splits.calibration);
    const Workshop workshop(teacher, s.no_calibrate ? nullptr : &splits.calibration);
    const Objective objective(teacher, splits.search, s.objective);
    const Objective held_out(teacher, splits.held_out, s.objective);
    keep_layers(s.keep, model, objective, start);

    // Each algorithm with each seed; the start competes with what they find.
    const Candidate mse = rescore(workshop, held_out, {start.mse_optimal}).front();
    Archive ranked(size_t(s.top));
    ranked.add(mse);
    std::string csv = kCsvHead;
    std::vector<Contestant> contestants;
    for (const std::string& algorithm : algorithms)
      for (int i = 0; i < (algorithm == "mse" ? 1 : s.seeds) && !stop; ++i) {
        SearchOptions run = s.search;
        run.algorithm = algorithm;
        run.seed += uint64_t(i);
        ProgressLine line;
        std::atomic<bool> enough{false};
        const auto report = [&](const SearchRow& r) {
          csv += csv_row(r);
          write_file(folder / "search.csv", csv);
          line.show(r.evaluations, std::max(r.evaluations, run.evaluations), live(algorithm, r));
          enough = stop || (s.minutes > 0 && r.seconds > 60 * s.minutes);
        };
        const SearchResult found = search(objective, start, run, report, enough);
        std::vector<StaircaseSet> sets = {found.favourite};
        for (const Candidate& c : found.shortlist.best()) sets.push_back(c.f);
        Archive own(1);
        own.add(mse);
        for (const Candidate& c : rescore(workshop, held_out, sets)) own.add(c), ranked.add(c);
        contestants.push_back({algorithm, found.evaluations, found.seconds, own.best().front()});
      }

    std::cerr << "deploying: measuring on " << pictures.test.size() << " test pictures\n";
    const TestSet test(workshop, pictures.test);
    const Verdict verdict = deploy(test, mse, ranked.best(), s.max_drop / 100, pictures.labelled);
    int evaluations = 0;
    for (const Contestant& c : contestants) evaluations += c.evaluations;
    Json result = {{"net", s.net},
                   {"data", {{"source", pictures.source}, {"dir", pictures.folder}}},
                   {"algorithm", s.algorithm},
                   {"seed", s.search.seed},
                   {"evaluations", evaluations},
                   {"seconds", 0.0},
                   {"calibrated", !s.no_calibrate}};
    add_verdict(result, verdict, s.teacher_file, pictures.labelled, model);
    save(workshop.student(verdict.candidates.front().candidate.f), folder / (s.net + ".tri"));
    if (s.algorithm == "all" || s.seeds > 1)
      result["comparison"] = comparison(contestants, test, verdict, pictures.labelled);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    result["seconds"] = seconds.count();
    write_file(folder / "search.csv", csv);
    write_file(folder / "result.json", result.dump(2) + "\n");
    print_table(verdict, pictures.labelled, s.max_drop);
    std::printf("written: %s/{result.json, search.csv, %s.tri}\n", folder.c_str(), s.net.c_str());
  });
}
