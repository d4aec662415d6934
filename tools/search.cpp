// ./search NET: finds the staircases of all layers and writes the student.
#include <chrono>
#include <map>

#include "data/file.h"
#include "nets/nets.h"
#include "tools/options.h"
#include "tools/progress.h"
#include "tools/search_report.h"

using namespace tri;

namespace {

const std::map<std::string, Algorithm> kAlgorithms = {
    {"ppo", Algorithm::ppo}, {"random", Algorithm::random}, {"mse", Algorithm::mse}};

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Finds three-level activations for every layer of an 8-bit teacher.\n"
      "Example: ./search vgg19 --data data/cifar-10-batches-bin");
  std::string net, teacher_file, out, algorithm = "ppo", prior = "mse", isa;
  DataOptions data;
  SearchOptions search_options;
  double max_drop = 5;
  int test_pictures = 10000;
  options.add_option("NET", net, "the network")->required()->check(OneOf(net_names()));
  options.add_option("--teacher", teacher_file, "teacher file [nets/weights/NET.q8]");
  data.add_to(options);
  options.add_option("--algo", algorithm, "how parameter sets are proposed")
      ->check(OneOf({"ppo", "random", "mse"}));
  options.add_option("--episodes", search_options.episodes, "parameter sets to evaluate")
      ->check(CLI::Range(1, 10'000'000));
  options.add_option("--batch", search_options.pictures, "pictures that each one is evaluated on")
      ->check(CLI::Range(1, 50'000));
  options.add_option("--top", search_options.keep, "candidates measured on the test set")
      ->check(CLI::Range(1, 1000));
  options.add_option("--test", test_pictures, "test pictures to measure on, at most")
      ->check(CLI::Range(1, 10000));
  options.add_option("--max-drop", max_drop, "points of accuracy the student may lose")
      ->check(CLI::Range(0.0, 100.0));
  options.add_option("--attention-weight", search_options.attention_weight, "w of -KL - w * AT")
      ->check(CLI::Range(0.0, 1e6));
  options.add_option("--prior", prior, "where heads start: around the mse optimum, or anywhere")
      ->check(OneOf({"mse", "none"}));
  options.add_option("--prior-width", search_options.prior_width, "the prior's, of its centre")
      ->check(CLI::Range(0.0, 10.0));
  options.add_option("--seed", search_options.seed, "of the sampling and the agent");
  options.add_option("--isa", isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  options.add_option("--out", out, "folder for result.json, search.csv and NET.tri [runs/NET]");
  return run_program(options, argc, argv, [&] {
    const auto begin = std::chrono::steady_clock::now();
    search_options.algorithm = kAlgorithms.at(algorithm);
    search_options.prior = prior == "mse";
    if (teacher_file.empty()) teacher_file = "nets/weights/" + net + ".q8";
    const Model model = load_model(teacher_file, table_of);
    if (model.net != net) throw Error(teacher_file + ": is a " + model.net + ", expected " + net);
    const IntNet teacher(model, isa);
    const Pictures pictures = load_pictures(data, test_pictures);
    const std::filesystem::path folder = out.empty() ? "runs/" + net : out;
    make_writable_folder(folder);
    // The first Ctrl-C (or kill) ends the search, and what it has found is deployed.
    const std::atomic<bool>& stop = stop_on_signal();

    std::cerr << "warm-up: the teacher's activations\n";
    const int calibration = std::min(1000, pictures.train.size());
    const WarmUp start = warm_up(teacher, pictures.train.slice(0, calibration));
    std::string csv = kCsvHead;
    ProgressLine line;
    const auto report = [&](const SearchRow& r) {
      csv += csv_row(r);
      write_file(folder / "search.csv", csv);
      char text[160];
      std::snprintf(text, sizeof text,
                    "episode %d: reward mean %.4f, best %.4f, KL %.4f, AT %.4f, %.2f evaluations/s",
                    r.episodes, r.reward_mean, r.best.reward, r.best.kl, r.best.attention,
                    r.evaluations / r.seconds);
      line.show(r.episodes, std::max(r.episodes, search_options.episodes), text);
    };
    const SearchResult found =
        search(teacher, pictures.train, start, attention_layers(net), search_options, report, stop);

    std::cerr << "deploying: the teacher, the start and " << found.archive.best().size()
              << " candidates on " << pictures.test.size() << " test pictures\n";
    const Verdict verdict =
        deploy(teacher, pictures.test, pictures.labelled, found, max_drop / 100);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    Json result = {{"net", net},
                   {"data", {{"source", pictures.source}, {"dir", pictures.folder}}},
                   {"algorithm", algorithm},
                   {"seed", search_options.seed},
                   {"evaluations", found.evaluations},
                   {"seconds", seconds.count()}};
    add_verdict(result, verdict, teacher_file, pictures.labelled, model);
    Model student = model;
    const auto& chosen = verdict.candidates[verdict.choice.index].candidate.f;
    student.staircases.assign(chosen.begin(), chosen.end());
    save(student, folder / (net + ".tri"));
    write_file(folder / "search.csv", csv);
    write_file(folder / "result.json", result.dump(2) + "\n");
    print_table(verdict, pictures.labelled, max_drop);
    std::printf("written: %s/{result.json, search.csv, %s.tri}\n", folder.c_str(), net.c_str());
  });
}
