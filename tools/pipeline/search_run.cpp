#include "tools/pipeline/search_run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "data/base/file.h"
#include "data/split.h"
#include "distill/correct/equalize.h"
#include "engine/integer/model_file.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/pipeline/energy_table.h"
#include "tools/pipeline/finetuning_report.h"
#include "tools/pipeline/search_plan.h"
#include "tools/report/search_log.h"

namespace tri {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

ObjectiveOptions objective_of(const Settings& s, const SearchInputs& in) {
  ObjectiveOptions options = s.objective;
  options.energy_table = in.energies;
  options.attention_layers = in.teacher.attention;
  options.calibrate = !s.no_calibrate;
  return options;
}

std::filesystem::path folder_of(const Settings& s) {
  return s.out.empty() ? "runs/" + s.net : s.out;
}

// Of the folder, which can be written to.
Lock lock_of(const Settings& s) { return Lock(folder_of(s) / "search.lock", folder_of(s)); }

Journal journal_of(const Settings& s, const SearchInputs& in, const Splits& splits,
                   const Lock& lock, const SearchEvents& events) {
  const std::filesystem::path file = folder_of(s) / "search.journal";
  if (!s.resume && std::filesystem::exists(file))
    events.note(file.string() +
                ": of an earlier search, which --resume would go on with; this one "
                "starts anew and renames it to search.journal.old");
  return Journal(file, binding_of(s, in.pictures.source, splits), s.resume, &lock);
}

// No part but the one that decides sees what no teacher was trained on.
Splits splits_of(const Settings& s, const Pictures& pictures) {
  return split(pictures.train, {s.calibration, s.pool, s.held_out, s.reconstruction},
               pictures.labeled ? held_out_count(pictures.train.size()) : 0);
}

std::string warm_up_note(const Splits& splits, bool labeled) {
  const int pictures = splits.calibration.size() + splits.search.size() + splits.held_out.size();
  return "warm-up: the teacher on " + std::to_string(pictures) +
         (labeled ? " training pictures" : " synthesized pictures");
}

// The searches, and what they have found so far. Members stand in the order in which each needs
// those above.
class Searches {
 public:
  Searches(const Settings& settings, const SearchInputs& inputs, const SearchEvents& events,
           const std::atomic<bool>& stop)
      : s_(settings),
        in_(inputs),
        events_(events),
        stop_(stop),
        searches_(searches_of(settings)),
        splits_(splits_of(s_, in_.pictures)),
        lock_(lock_of(s_)),
        teacher_(in_.teacher),
        journal_(journal_of(s_, in_, splits_, lock_, events_)),
        body_(s_.no_equalize ? in_.teacher : equalized(teacher_, splits_.calibration)),
        start_((events_.note(warm_up_note(splits_, in_.pictures.labeled)),
                warm_up(body_, splits_.calibration))),
        builder_(body_, splits_.calibration, start_.statistics, !s_.no_calibrate,
                 splits_.reconstruction),
        objective_(body_, splits_.search, objective_of(s_, in_)),
        held_out_(body_, splits_.held_out, objective_of(s_, in_)),
        ranked_(size_t(s_.top), &Candidate::reward),
        log_(folder_of(s_), in_.teacher, searches_.front().shortlist,
             1e-6 * total(teacher_energy(in_.teacher, in_.energies)), objective_.counts_energy()) {}

  void run() {
    const StaircaseSet all = start_.mse_optimal;
    keep_layers(s_.keep, in_.teacher, objective_, start_, events_.note);
    const auto [start, costs] = rescore_start(builder_, objective_, held_out_, start_.mse_optimal,
                                              splits_.calibration.size() + splits_.held_out.size());
    events_.note(
        plan(s_, searches_, journal_, costs, in_.teacher.taps(), in_.pictures.test.size()));
    first_ = start;
    mse_ = all == start.f ? start : rescore(builder_, held_out_, {all}).front();
    ranked_.add(first_);
    scored_ = {first_};
    for (const SearchOptions& search : searches_)
      if (!stop_ || !journal_.of(search.algorithm, search.seed).empty()) run_one(search);
  }

  // What the searches end with, measured and written.
  SearchOutcome deployed(Clock::time_point begin) {
    if (builder_.reconstructs() && !stop_)
      events_.note("reconstructing: fitting the best student's weights");
    Student student = finish(builder_, held_out_, ranked_.best().front(), !stop_);
    events_.note("deploying: measuring on " + std::to_string(in_.pictures.test.size()) +
                 " test pictures");
    const TestSet test(builder_, teacher_, in_.pictures.test, in_.energies);
    SearchOutcome o;
    o.folder = folder_of(s_);
    o.student = o.folder / (s_.net + ".tri");
    o.verdict = deploy(test, mse_, first_, ranked_.best(), student, s_.max_drop / 100,
                       in_.pictures.labeled);
    o.front = front_of(scored_);
    if (s_.algorithm == "all" || s_.seeds > 1) o.comparison = compare(entrants_, test, o.verdict);
    o.evaluation = evaluation_of(o.student.string(), s_.data);
    o.note = note_without_labels(in_.pictures, o.evaluation);
    o.isa = isa_name(chosen_isa());
    o.cut_short = cut_short_ || stop_;
    lock_.check();
    student.model.teacher = checksum(in_.teacher);
    if (s_.finetune > 0 && !stop_)
      finetune_into(o, student.model);
    else
      save(student.model, o.student);
    o.cut_short |= stop_;
    o.result = result_json(o);
    o.result["seconds"] = seconds_since(begin);
    // Whose report it is: a kill between the two files leaves a student that it does not name.
    o.result["student"] = {
        {"file", o.student.filename().string()},
        {"checksum", std::to_string(checksum(o.finetuned ? o.finetuned->model : student.model))}};
    write_file(o.folder / "result.json", dump(o.result));
    log_.finish();
    return o;
  }

 private:
  // Fine-tunes the student, which is written, and makes it the selected one.
  void finetune_into(SearchOutcome& o, const Model& student) {
    FinetuningRun run{student,   in_.teacher,  finetuning_recipe_of(s_.net),
                      {},        in_.energies, o.student,
                      s_.resume, true};
    run.recipe.epochs = run.recipe.qat_epochs = s_.finetune;
    run.recipe.seed = s_.search.seed;
    run.recipe.precision = precision_of("");
    if (s_.max_drop_acts) run.max_drop = s_.max_drop / 100;
    run.labeled = in_.pictures.labeled;
    if (!run.labeled) run.weights.labels = 0;
    events_.note("fine-tuning: " + std::to_string(s_.finetune) + " epochs");
    const TrainingData data = training_data(in_.pictures.train, "", in_.pictures.test);
    run.recipe.batch = std::min(run.recipe.batch, data.used.size());
    o.finetuned = finetune(run, data, events_.finetuning, stop_);
    o.verdict.selected.candidate.f = o.finetuned->model.staircases;
    o.verdict.before_finetuning = std::exchange(o.verdict.selected.measures, o.finetuned->student);
    o.verdict.within =
        within(o.finetuned->student, o.verdict.teacher, s_.max_drop / 100, in_.pictures.labeled);
  }

  // One algorithm with one seed; the start competes with what it finds.
  void run_one(const SearchOptions& options) {
    std::atomic<bool> enough{false};
    int replayed = 0;
    const auto report = [&, since = Clock::now()](const SearchRow& row, const Archive& best) {
      lock_.check();
      log_.add(row, best, options);
      if (row.replayed)
        replayed = row.evaluations;
      else
        events_.update(row, options, replayed);
      enough = stop_ || (s_.minutes > 0 && seconds_since(since) > 60 * s_.minutes);
    };
    const SearchResult found = search(objective_, start_, options, journal_, report, enough);
    events_.searched();
    cut_short_ |= enough;
    events_.note(options.algorithm +
                 ": calibrating its best and comparing them on held-out pictures");
    std::vector<StaircaseSet> sets = {found.recommendation};
    for (const Candidate& c : found.shortlist.best()) sets.push_back(c.f);
    for (const Candidate& c : found.front.members()) sets.push_back(c.f);
    Archive own(1, &Candidate::reward);
    own.add(first_);
    for (const Candidate& c : rescore(builder_, held_out_, sets))
      own.add(c), ranked_.add(c), scored_.push_back(c);
    entrants_.push_back({options.algorithm, found.evaluations, found.seconds, own.best().front()});
  }

  // It depends on the settings and the inputs alone, but for the seconds.
  Json result_json(const SearchOutcome& o) const {
    const bool labeled = in_.pictures.labeled;
    int evaluations = 0;
    for (const Entrant& c : entrants_) evaluations += c.evaluations;
    Json result = {{"version", 1},
                   {"net", s_.net},
                   {"data", to_json(in_.pictures, o.note)},
                   {"algorithm", s_.algorithm},
                   {"seed", s_.search.seed},
                   {"evaluations", evaluations},
                   {"seconds", 0.0},
                   {"calibrated", !s_.no_calibrate},
                   {"equalized", !s_.no_equalize}};
    add_verdict(result, o.verdict, s_.teacher_file, labeled, in_.teacher);
    if (o.finetuned) result["finetuned"] = finetuned_json(*o.finetuned, s_.finetune);
    result["front"] = front_json(o.front, o.verdict, labeled, in_.teacher);
    if (!o.comparison.empty()) result["comparison"] = to_json(o.comparison, labeled);
    return result;
  }

  const Settings& s_;
  const SearchInputs& in_;
  const SearchEvents& events_;
  const std::atomic<bool>& stop_;
  std::vector<SearchOptions> searches_;
  Splits splits_;
  Lock lock_;
  IntNet teacher_;
  Journal journal_;
  IntNet body_;  // what students are made of
  WarmUp start_;
  StudentBuilder builder_;
  Objective objective_, held_out_;
  Archive ranked_;
  SearchLog log_;
  Candidate mse_, first_;          // the start with all staircases, and the one without those kept
  std::vector<Candidate> scored_;  // all that held-out pictures have seen
  std::vector<Entrant> entrants_;
  bool cut_short_ = false;
};

}  // namespace

SearchInputs load_inputs(Settings& s) {
  set_isa(s.isa);
  searches_of(s);  // refuses what cannot be searched for before anything is loaded
  require_net(s.net, !s.teacher_file.empty(), "--teacher");
  make_writable_folder(folder_of(s));
  if (s.teacher_file.empty()) s.teacher_file = own_teacher(s.net);
  SearchInputs in{load_model_of(s.net, s.teacher_file), {}, {}};
  if (s.keep.empty()) s.keep = kept_by_default(in.teacher);
  if (s.keep == std::vector<std::string>{"none"}) s.keep.clear();
  require_layers(s.keep, in.teacher);
  if (!s.energy_table.empty()) in.energies = load_energy_table(s.energy_table);
  if (total(teacher_energy(in.teacher, in.energies)) == 0)
    throw Error(s.energy_table + ": costs the teacher nothing, so students cannot be compared");
  s.objective.energy_table = in.energies;
  in.pictures = load_pictures(s.data, s.synthesized, in.teacher, s.teacher_file, s.test_pictures);
  return in;
}

SearchOutcome run_search(const Settings& settings, const SearchInputs& inputs,
                         const SearchEvents& events, const std::atomic<bool>& stop) {
  const auto begin = Clock::now();
  Searches searches(settings, inputs, events, stop);
  searches.run();
  return searches.deployed(begin);
}

std::string summary(const SearchOutcome& o, const Settings& s, bool labeled) {
  std::string text;
  if (!o.comparison.empty()) text += comparison_table(o.comparison, labeled);
  text += verdict_table(o.verdict, labeled, s.max_drop);
  if (o.finetuned) text += given_up(*o.finetuned);
  if (s.objective.weights.energy > 0) text += front_table(o.front, o.verdict.teacher);
  if (!o.note.empty()) text += o.note + "\n";
  return text + "written: " + o.folder.string() + "/{result.json, search.csv, " + s.net + ".tri}\n";
}

}  // namespace tri
