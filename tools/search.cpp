// ./search NET: finds the staircases of all layers and writes the student.
#include <chrono>

#include "data/file.h"
#include "nets/nets.h"
#include "tools/progress.h"
#include "tools/search_options.h"
#include "tools/search_report.h"

using namespace tri;

namespace {

std::string live(const std::string& algorithm, const SearchRow& r) {
  char text[200];
  std::snprintf(text, sizeof text,
                "%s, %d evaluations: reward mean %.4f, best %.4f (KL %.4f, AT %.4f), MSE start "
                "%.4f, %.2f evaluations/s",
                algorithm.c_str(), r.evaluations, r.reward_mean, r.best.reward, r.best.kl,
                r.best.attention, r.reward_mse, r.evaluations / r.seconds);
  return text;
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
    make_writable_folder(folder);
    // The first Ctrl-C (or kill) ends the search, and what it has found is deployed.
    const std::atomic<bool>& stop = stop_on_signal();

    std::cerr << "warm-up: the teacher on "
              << splits.calibration.size() + splits.search.size() + splits.held_out.size()
              << " training pictures\n";
    s.search.prior = s.prior == "mse";
    s.search.shortlist = std::max<size_t>(s.search.shortlist, size_t(s.top));
    s.objective.calibrate = !s.no_calibrate;
    s.objective.attention_layers = attention_layers(s.net);
    WarmUp start = warm_up(teacher, splits.calibration);
    const Workshop workshop(teacher, splits.calibration, start.statistics, !s.no_calibrate);
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
          csv += csv_row(r, run);
          write_file(folder / "search.csv", csv);
          line.show(r.evaluations, std::max(r.evaluations, run.evaluations), live(algorithm, r));
          enough = stop || (s.minutes > 0 && r.seconds > 60 * s.minutes);
        };
        const SearchResult found = search(objective, start, run, report, enough);
        std::cerr << algorithm
                  << ": calibrating its best and comparing them on held-out pictures\n";
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
