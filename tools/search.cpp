// ./search NET: finds the staircases of all layers and writes the student.
#include <cstdio>
#include <iostream>

#include "data/find_data.h"
#include "tools/cli/mpi.h"
#include "tools/cli/options.h"
#include "tools/cli/progress.h"
#include "tools/pipeline/search_run.h"
#include "tools/pipeline/training_progress.h"
#include "tools/report/run_json.h"

using namespace tri;

namespace {

std::string live(const SearchRow& r, const SearchOptions& run) {
  char text[200];
  std::snprintf(text, sizeof text,
                "%s, %d evaluations: reward mean %.4f, best %.4f (KL %.4f, AT %.4f), MSE start "
                "%.4f, %.2f evaluations/s",
                run.algorithm.c_str(), r.evaluations, r.reward_mean, r.best.reward, r.best.parts.kl,
                r.best.parts.attention, r.reward_mse, r.evaluations / r.seconds);
  return text;
}

// What happens, on stderr: a bar for every search.
SearchEvents events_of(ProgressLine& line, int epochs) {
  SearchEvents events;
  events.note = [&line](const std::string& note) {
    line.end();
    std::cerr << note << "\n";
  };
  events.update = [&line](const SearchRow& row, const SearchOptions& run, int replayed) {
    line.show(row.evaluations - replayed, std::max(row.evaluations, run.evaluations) - replayed,
              live(row, run));
  };
  events.plan = [&line](const std::vector<Phase>& phases) { line.plan(phases); };
  events.begin = [&line] { line.begin(); };
  events.advance = [&line](double share, const std::string& phase) { line.show(share, 1, phase); };
  events.finetuning = told(line, epochs);
  return events;
}

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Finds three-level activations for every layer of an 8-bit teacher.\n"
      "Example: ./search vgg19 --data data/cifar-10-batches-bin");
  Settings settings;
  add_options(options, settings);
  return run_program(options, argc, argv, [&] {
    if (!settings.merge.empty()) {
      const auto rows =
          compare(merged(settings.net, {settings.merge.begin(), settings.merge.end()}));
      std::cout << (settings.json ? dump(to_json(rows)) : comparison_table(rows));
      return;
    }
    require_net(settings.net, !settings.teacher_file.empty(), "--teacher");
    const RunRecord record(argc, argv);
    const std::unique_ptr<Ranks> ranks = ranks_of_job();
    const bool helps = begins_as_helper(ranks.get(), settings.data.offline);
    const SearchInputs inputs = load_inputs(settings, !helps);
    if (helps) return help_search(settings, inputs, *ranks);
    meet(ranks.get());
    ProgressLine line;
    const SearchOutcome outcome = run_search(
        settings, inputs, events_of(line, settings.finetune),
        stop_on_signal("the search ends, and what it found is measured and written"), ranks.get());
    record.write(outcome.folder / "run.json", outcome.isa);
    std::cout << (settings.json ? dump(outcome.result)
                                : summary(outcome, settings, inputs.pictures.labeled));
    std::cerr << "its curves and staircases: ./report " << shell_quoted(outcome.folder) << "\n"
              << "next: " << outcome.evaluation
              << (outcome.cut_short ? "; the same search with --resume goes on to its end\n"
                                    : "\n");
  });
}
