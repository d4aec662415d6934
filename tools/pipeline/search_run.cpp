#include "tools/pipeline/search_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <utility>

#include "data/base/file.h"
#include "data/split.h"
#include "engine/integer/model_file.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "rl/search/spread.h"
#include "tools/cli/mpi.h"
#include "tools/pipeline/energy_budget.h"
#include "tools/pipeline/finetuning_report.h"
#include "tools/pipeline/search_identity.h"
#include "tools/pipeline/search_plan.h"
#include "tools/pipeline/searched_net.h"
#include "tools/report/interim_report.h"
#include "tools/report/search_log.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

fs::path journal_file(const Settings& s) { return folder_of(s) / "search.journal"; }

// Of the folder, which can be written to.
Lock lock_of(const Settings& s) { return Lock(folder_of(s) / "search.lock", folder_of(s)); }

Journal journal_of(const Settings& s, const SearchInputs& in, const Splits& splits,
                   const Lock& lock, const SearchEvents& events) {
  const fs::path file = journal_file(s);
  if (!s.resume && fs::exists(file))
    events.note(file.string() +
                ": of an earlier search, which --resume would go on with; this one "
                "starts anew and renames it to search.journal.old");
  return Journal(file, binding_of(s, in.pictures.source, splits, in.also), s.resume, &lock);
}

// How much higher thresholds are tried, each time, where a guess costs too much.
constexpr double kRaise = 1.03;
constexpr int kRaises = 40;

StaircaseSet raised(StaircaseSet set) {
  for (auto& f : set)
    if (f)
      for (uint8_t* t : {&f->t1, &f->t2}) *t = uint8_t(std::min(255.0, std::ceil(*t * kRaise)));
  return set;
}

// The searches, and what they have found so far. Members stand in the order in which each needs
// those above.
class Searches {
 public:
  Searches(const Settings& settings, const SearchInputs& inputs, const SearchEvents& events,
           const std::atomic<bool>& stop, const Ranks* ranks)
      : s_(settings),
        in_(inputs),
        events_(events),
        stop_(stop),
        searches_(searches_of(settings)),
        splits_(splits_of(s_, in_.pictures)),
        lock_(lock_of(s_)),
        interim_(folder_of(s_), in_.teacher, heading(s_, in_, splits_), phases_of(s_),
                 s_.resume && fs::exists(journal_file(s_))),
        journal_(journal_of(s_, in_, splits_, lock_, events_)),
        net_(s_, in_.teacher, splits_, events_.note),
        best_gain_(1, &Candidate::gain),
        ranked_(size_t(s_.top), &Candidate::reward),
        log_(folder_of(s_), in_.teacher, searches_.front().shortlist,
             1e-6 * total(teacher_energy(in_.teacher, in_.energies)), objective_.counts_energy()) {
    if (ranks) spread_.emplace(*ranks, Shared{objective_, held_out_, builder_, in_.pictures.test});
    for (const Model& model : in_.also) also_.emplace_back(s_, model, splits_, events_.note);
  }

  void run() {
    net_.choose_start(s_, s_.keep, s_.keep_is_rule, journal_, events_.note);
    for (SearchedNet& other : also_) {
      Journal of_its_own;
      other.choose_start(s_, kept_by_default(other.body.model()), true, of_its_own, events_.note);
      subjects_.push_back({other.objective, other.start});
    }
    const auto [start, costs] = rescore_start(builder_, objective_, held_out_, start_.start(),
                                              splits_.calibration.size() + splits_.held_out.size());
    std::vector<int> populations;
    for (const SearchOptions& search : searches_)
      populations.push_back(first_population(start_, search));
    const Plan all_of_it = plan(s_, searches_, populations, journal_, costs, in_.teacher.taps(),
                                in_.pictures.train.size(), in_.pictures.test.size());
    events_.note(all_of_it.text);
    events_.plan(all_of_it.phases);
    first_ = start;
    mse_ = net_.mse              ? *net_.mse
           : net_.all == start.f ? start
                                 : rescore(builder_, held_out_, {net_.all}).front();
    if (!guesses()) ranked_.add(first_);
    scored_ = {first_};
    for (const SearchOptions& search : searches_)
      if (!stop_ || !journal_.of(search.algorithm, search.seed).empty()) run_one(search);
  }

  // What the searches end with, measured and written.
  SearchOutcome deployed(Clock::time_point begin) {
    const Candidate& best = ranked_.best().front();
    keep(phase::kReconstruction, best.f, best);
    const bool goes_on = !stop_;
    if (!all_searched_) unfinished_.push_back(phase::kSearch);
    if (builder_.reconstructs() && goes_on) {
      events_.note("reconstructing: fitting the best student's weights");
      events_.begin();
    } else if (builder_.reconstructs()) {
      unfinished_.push_back(phase::kReconstruction);
    }
    std::vector<Candidate> ranked = ranked_.best();
    const OnProgress progress = told(phase::kReconstruction);
    Student student = net_.mixed ? finish_within(net_.mixed->limit, builder_, objective_, held_out_,
                                                 ranked, goes_on, progress)
                                 : finish(builder_, held_out_, best, goes_on, progress);
    student.model.teacher = checksum(in_.teacher);
    interim_.write(left_from(phase::kDeployment), student.model, student.reconstructed,
                   student.candidate, events_.note);
    events_.note("deploying: measuring on " + std::to_string(in_.pictures.test.size()) +
                 " test pictures");
    events_.begin();
    TestSet::Recorder recorder;
    if (spread_) recorder = [this](const Model& model) { return spread_->record(model); };
    const TestSet test(builder_, in_.teacher, in_.pictures.test, in_.energies, recorder);
    SearchOutcome o;
    o.folder = folder_of(s_);
    o.student = student_file(o.folder, in_.teacher);
    o.verdict = deploy(test, mse_, first_, ranked, student, s_.max_drop / 100, in_.pictures.labeled,
                       told(phase::kDeployment));
    o.front = front_of(scored_);
    scores_ = scores_of(entrants_, test, o.verdict, in_.pictures.labeled);
    if (s_.algorithm == "all" || s_.seeds > 1) o.comparison = compare(scores_);
    o.evaluation = evaluation_of(o.student.string(), s_.data);
    o.note = note_without_labels(in_.pictures, o.evaluation);
    o.isa = isa_name(chosen_isa());
    o.cut_short = cut_short_ || stop_;
    if (s_.finetune > 0) unfinished_.push_back(phase::kFinetuning);
    if (s_.finetune == 0 || interim_.wants(phase::kFinetuning)) write(o, student.model, begin);
    if (s_.finetune > 0 && !stop_) {
      finetune_into(o, student.model);
      if (!stop_) unfinished_.pop_back();
      o.cut_short |= stop_;
      write(o, o.finetuned->model, begin);
    }
    log_.finish();
    return o;
  }

 private:
  // Whether the agent's one guess is all that is asked for.
  bool guesses() const { return s_.search.evaluations == 0; }

  bool fits(const Candidate& c) const {
    if (net_.mixed) return c.parts.energy <= net_.mixed->limit;
    return !guesses() || c.parts.energy <= std::max(mse_.parts.energy, first_.parts.energy);
  }

  // The guess, with fewer levels or higher thresholds where it costs more than it may: what the
  // budget allows, else what the dearer start costs. The start where that does not help.
  StaircaseSet affordable(StaircaseSet f) const {
    for (int i = 0; i < kRaises; ++i) {
      const Candidate c = rescore(builder_, held_out_, {f}).front();
      if (fits(c)) return f;
      f = net_.mixed ? with_fewer_levels(net_.mixed->mixing, f,
                                         c.parts.energy / net_.mixed->limit * kRaise)
                     : raised(f);
    }
    events_.note("the agent's guess costs too much: the start takes its place");
    return net_.mixed ? first_.f : net_.all;
  }

  void write(SearchOutcome& o, const Model& student, Clock::time_point begin) {
    lock_.check();
    o.result = result_json(o, student);
    o.result["seconds"] = seconds_since(begin);
    save(student, o.student);
    write_file(o.folder / "result.json", dump(o.result));
  }

  OnProgress told(const std::string& phase) const {
    return [this, phase](double share) { events_.advance(share, phase); };
  }

  // The first phase that stays unfinished if the program ends at `phase`.
  std::string left_from(const std::string& phase) const {
    return all_searched_ ? phase : phase::kSearch;
  }

  // Writes the student of these staircases, for whoever ends the program before all is measured.
  void keep(const std::string& at, const StaircaseSet& f,
            const std::optional<Candidate>& held_out) {
    const std::string phase = left_from(at);
    if (!interim_.wants(phase)) return;
    Model student = builder_.student(f);
    student.teacher = checksum(in_.teacher);
    lock_.check();
    interim_.write(phase, student, false, held_out, events_.note);
  }

  // Fine-tunes the student, in a file of its own, and makes it the selected one.
  void finetune_into(SearchOutcome& o, const Model& student) {
    FinetuningRun run{student,   in_.teacher,  finetuning_recipe_of(s_.net),
                      {},        in_.energies, o.folder / (s_.net + "-fine.tri"),
                      s_.resume, true};
    run.recipe.epochs = run.recipe.qat_epochs = s_.finetune;
    run.recipe.seed = s_.search.seed;
    run.recipe.precision = precision_of("");
    if (s_.max_drop_acts)
      run.max_drop = s_.max_drop / 100;
    else if (!s_.energy_budget.empty())
      run.energy_limit = held_out_limit(s_.energy_budget, in_.teacher, in_.energies),
      run.start_is_within = true;
    run.labeled = in_.pictures.labeled;
    if (!run.labeled) run.weights.labels = 0;
    events_.note("fine-tuning: " + std::to_string(s_.finetune) + " epochs");
    events_.begin();
    const TrainingData data = training_data(in_.pictures.train, "", in_.pictures.test);
    run.recipe.batch = std::min(run.recipe.batch, data.used.size());
    o.finetuned = finetune(run, data, events_.finetuning, stop_);
    write_file(report_of(run.out), dump(to_json(*o.finetuned, run, "", s_.teacher_file)));
    o.verdict.selected.candidate.f = o.finetuned->model.staircases;
    o.verdict.before_finetuning = std::exchange(o.verdict.selected.measures, o.finetuned->student);
    o.verdict.within =
        within(o.finetuned->student, o.verdict.teacher, s_.max_drop / 100, in_.pictures.labeled);
  }

  // One algorithm with one seed; the start competes with what it finds.
  void run_one(const SearchOptions& options) {
    events_.begin();
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
    SearchResult found = search(objective_, start_, options, journal_, report, enough, subjects_);
    if (found.agent && !s_.save_agent.empty()) keep_agent(*found.agent);
    if (guesses()) found.recommendation = affordable(found.recommendation);
    cut_short_ |= enough;
    if (!found.shortlist.best().empty()) best_gain_.add(found.shortlist.best().front());
    all_searched_ = &options == &searches_.back() && !stop_;
    const bool gains = !best_gain_.best().empty() && best_gain_.best().front().gain > 0;
    keep(phase::kRanking, gains ? best_gain_.best().front().f : first_.f, {});
    events_.note(options.algorithm +
                 ": calibrating its best and comparing them on held-out pictures");
    events_.begin();
    std::vector<StaircaseSet> sets = {found.recommendation};
    if (found.guess) sets.push_back(*found.guess);
    for (const Candidate& c : found.shortlist.best()) sets.push_back(c.f);
    for (const Candidate& c : found.front.members()) sets.push_back(c.f);
    Archive own(1, &Candidate::reward);
    if (!guesses()) own.add(first_);
    int over = 0;
    for (const Candidate& c : rescore(builder_, held_out_, sets, told(phase::kRanking)))
      if (fits(c))
        own.add(c), ranked_.add(c), scored_.push_back(c);
      else
        ++over;
    if (over > 0)
      events_.note("over the energy budget on held-out pictures: " + std::to_string(over));
    entrants_.push_back({options.algorithm, options.seed, found.evaluations, own.best().front()});
  }

  void keep_agent(Agent agent) const {
    agent.state = s_.state;
    if (const auto old = keep_as_old(s_.save_agent))
      events_.note("the earlier agent is kept as " + old->string());
    save(agent, s_.save_agent);
    events_.note("the agent: " + s_.save_agent);
  }

  // It depends on the settings and the inputs alone, but for the seconds.
  Json result_json(const SearchOutcome& o, const Model& student) const {
    const bool labeled = in_.pictures.labeled;
    int evaluations = 0;
    for (const Entrant& c : entrants_) evaluations += c.evaluations;
    Json result = heading(s_, in_, splits_);
    result["evaluations"] = evaluations;
    result["unfinished"] = unfinished_;
    add_verdict(result, o.verdict, s_.teacher_file, labeled, in_.teacher);
    if (o.finetuned) result["finetuned"] = finetuned_json(*o.finetuned, s_.finetune);
    result["front"] = front_json(o.front, o.verdict, labeled, in_.teacher);
    if (!o.comparison.empty()) result["comparison"] = to_json(o.comparison);
    result["searches"] = to_json(scores_);
    result["student"] = student_json(o.student, student);
    if (net_.mixed)
      result["budget"] = {{"energy", net_.mixed->budget * microjoules(o.verdict.teacher)},
                          {"given", s_.energy_budget.empty() ? Json() : Json(s_.energy_budget)},
                          {"margin", kBudgetMargin},
                          {"trials", net_.mixed->trials}};
    return result;
  }

  const Settings& s_;
  const SearchInputs& in_;
  const SearchEvents& events_;
  const std::atomic<bool>& stop_;
  std::vector<SearchOptions> searches_;
  Splits splits_;
  Lock lock_;
  InterimReport interim_;
  Journal journal_;
  SearchedNet net_;
  WarmUp& start_ = net_.start;
  const StudentBuilder& builder_ = net_.builder;
  Objective &objective_ = net_.objective, &held_out_ = net_.held_out;
  std::deque<SearchedNet> also_;  // that an agent learns on too
  std::vector<Subject> subjects_;
  std::optional<Spread> spread_;  // where there are other ranks
  Archive best_gain_, ranked_;    // by what searches saw, and held-out pictures
  SearchLog log_;
  Candidate mse_, first_;          // the start with all staircases, and the one without those kept
  std::vector<Candidate> scored_;  // all that held-out pictures have seen
  std::vector<Entrant> entrants_;
  std::vector<Score> scores_;  // theirs
  std::vector<std::string> unfinished_;
  bool all_searched_ = false, cut_short_ = false;
};

}  // namespace

SearchOutcome run_search(const Settings& settings, const SearchInputs& inputs,
                         const SearchEvents& events, const std::atomic<bool>& stop,
                         const Ranks* ranks) {
  const auto begin = Clock::now();
  if (ranks)
    require_alike(*ranks, identity_of(settings, inputs, splits_of(settings, inputs.pictures)));
  Searches searches(settings, inputs, events, stop, ranks);
  searches.run();
  return searches.deployed(begin);
}

void help_search(const Settings& s, const SearchInputs& in, const Ranks& ranks) {
  const Splits splits = splits_of(s, in.pictures);
  require_alike(ranks, identity_of(s, in, splits));
  SearchedNet net(s, in.teacher, splits, [](const std::string&) {});
  work_for(ranks, {net.objective, net.held_out, net.builder, in.pictures.test});
}

std::string summary(const SearchOutcome& o, const Settings& s, bool labeled) {
  std::string text;
  if (!o.comparison.empty()) text += comparison_table(o.comparison);
  text += verdict_table(o.verdict, labeled, s.max_drop);
  if (o.finetuned) text += given_up(*o.finetuned);
  if (s.objective.weights.energy > 0) text += front_table(o.front, o.verdict.teacher);
  if (!o.note.empty()) text += o.note + "\n";
  return text + "written: " + o.folder.string() + "/{result.json, search.csv, " + s.net + ".tri}\n";
}

}  // namespace tri
