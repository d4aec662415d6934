// ./search NET: finds the staircases of all layers and writes the student.
#include <chrono>

#include "data/base/file.h"
#include "distill/correct/equalize.h"
#include "nets/nets.h"
#include "tools/report/search_log.h"
#include "tools/pipeline/search_options.h"
#include "tools/pipeline/search_plan.h"
#include "tools/report/search_report.h"

using namespace tri;
using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Finds three-level activations for every layer of an 8-bit teacher.\n"
      "Example: ./search vgg19 --data data/cifar-10-batches-bin");
  Settings s;
  add_options(options, s);
  return run_program(options, argc, argv, [&] {
    const auto begin = Clock::now();
    const std::vector<SearchOptions> searches = searches_of(s);
    if (s.teacher_file.empty()) s.teacher_file = own_teacher(s.net);
    const Model model = load_model_of(s.net, s.teacher_file);
    const IntNet teacher(model, s.isa);
    if (!s.energy_table.empty()) s.objective.energy_table = load_energy_table(s.energy_table);
    if (total(teacher_energy(model, s.objective.energy_table)) == 0)
      throw Error(s.energy_table + ": costs the teacher nothing, so students cannot be compared");
    const Pictures pictures =
        load_pictures(s.data, s.synthesized, model, s.teacher_file, s.test_pictures);
    const Splits splits =
        split(pictures.train, {s.calibration, s.pool, s.held_out, s.reconstruction},
              pictures.labelled ? held_out_count(pictures.train.size()) : 0);
    const std::filesystem::path folder = s.out.empty() ? "runs/" + s.net : s.out;
    make_writable_folder(folder);
    const std::filesystem::path journal_file = folder / "search.journal";
    if (!s.resume && std::filesystem::exists(journal_file))
      std::cerr << journal_file.string() << ": of an earlier search, which --resume would go on "
                << "with; this one starts anew and renames it to search.journal.old\n";
    Journal journal(journal_file, binding_of(s, pictures.source, splits), s.resume);
    // The first Ctrl-C (or kill) ends the search, and what it has found is deployed.
    const std::atomic<bool>& stop = stop_on_signal();

    // What students are made of.
    const IntNet body(s.no_equalize ? model : equalised(teacher, splits.calibration), s.isa);
    std::cerr << "warm-up: the teacher on "
              << splits.calibration.size() + splits.search.size() + splits.held_out.size()
              << (pictures.labelled ? " training pictures\n" : " synthesised pictures\n");
    s.objective.calibrate = !s.no_calibrate;
    s.objective.attention_layers = attention_layers(s.net);
    WarmUp start = warm_up(body, splits.calibration);
    const Workshop workshop(body, splits.calibration, start.statistics, !s.no_calibrate,
                            splits.reconstruction);
    const Objective objective(body, splits.search, s.objective);
    const Objective held_out(body, splits.held_out, s.objective);
    keep_layers(s.keep, model, objective, start);
    const auto [mse, costs] = rescore_start(workshop, objective, held_out, start.mse_optimal,
                                            splits.calibration.size() + splits.held_out.size());
    std::cerr << plan(s, searches, journal, costs, model.taps(), pictures.test.size()) << "\n";

    // Each algorithm with each seed; the start competes with what they find.
    Archive ranked(size_t(s.top));
    ranked.add(mse);
    std::vector<Candidate> scored = {mse};  // all that held-out pictures have seen
    SearchLog log(folder, model, searches.front().shortlist);
    std::vector<Contestant> contestants;
    bool cut_short = false;
    for (const SearchOptions& run : searches) {
      if (stop && journal.of(run.algorithm, run.seed).empty()) continue;
      log.begin_search();
      std::atomic<bool> enough{false};
      const auto report = [&, since = Clock::now()](const SearchRow& row, const Archive& best) {
        log.add(row, best, run);
        enough = stop || (s.minutes > 0 && seconds_since(since) > 60 * s.minutes);
      };
      const SearchResult found = search(objective, start, run, journal, report, enough);
      log.end_search();
      cut_short |= enough;
      std::cerr << run.algorithm
                << ": calibrating its best and comparing them on held-out pictures\n";
      std::vector<StaircaseSet> sets = {found.favourite};
      for (const Candidate& c : found.shortlist.best()) sets.push_back(c.f);
      for (const Candidate& c : found.front.members()) sets.push_back(c.f);
      Archive own(1);
      own.add(mse);
      for (const Candidate& c : rescore(workshop, held_out, sets))
        own.add(c), ranked.add(c), scored.push_back(c);
      contestants.push_back({run.algorithm, found.evaluations, found.seconds, own.best().front()});
    }

    if (workshop.reconstructs() && !stop)
      std::cerr << "reconstructing: fitting the best student's weights\n";
    const Student student = finish(workshop, held_out, ranked.best().front(), !stop);
    std::cerr << "deploying: measuring on " << pictures.test.size() << " test pictures\n";
    const TestSet test(workshop, teacher, pictures.test, s.objective.energy_table);
    const Verdict verdict =
        deploy(test, mse, ranked.best(), student, s.max_drop / 100, pictures.labelled);
    int evaluations = 0;
    for (const Contestant& c : contestants) evaluations += c.evaluations;
    const std::filesystem::path file = folder / (s.net + ".tri");
    const std::string evaluate =
        std::filesystem::path(argv[0]).replace_filename("evaluate").string() + " " + file.string() +
        (s.data.folder.empty() ? "" : " --data " + s.data.folder);
    const std::string note = pictures.labelled ? "" : note_without_labels(pictures, evaluate);
    Json result = {{"net", s.net},
                   {"data", to_json(pictures, note)},
                   {"algorithm", s.algorithm},
                   {"seed", s.search.seed},
                   {"evaluations", evaluations},
                   {"seconds", 0.0},
                   {"calibrated", !s.no_calibrate},
                   {"equalized", !s.no_equalize}};
    add_verdict(result, verdict, s.teacher_file, pictures.labelled, model);
    const std::vector<Candidate> front = front_of(scored);
    result["front"] = front_json(front, verdict, pictures.labelled, model);
    save(student.model, file);
    if (s.algorithm == "all" || s.seeds > 1)
      result["comparison"] = comparison(contestants, test, verdict, pictures.labelled);
    result["seconds"] = seconds_since(begin);
    write_file(folder / "result.json", result.dump(2) + "\n");
    log.finish();
    print_table(verdict, pictures.labelled, s.max_drop);
    if (objective.counts_energy()) print_front(front, verdict.teacher);
    if (!note.empty()) std::printf("%s\n", note.c_str());
    std::printf("written: %s/{result.json, search.csv, %s.tri}\n", folder.c_str(), s.net.c_str());
    std::cerr << "next: " << evaluate
              << (cut_short || stop ? "; the same search with --resume goes on to its end\n"
                                    : "\n");
  });
}
