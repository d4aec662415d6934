// ./report FOLDER...: one HTML page of what searches, trainings and fine-tunings wrote.
#include <cstdlib>
#include <iostream>

#include "data/base/file.h"
#include "data/find_data.h"
#include "tools/cli/options.h"
#include "tools/pipeline/energy_table.h"
#include "tools/report/page/gather.h"
#include "tools/report/page/page.h"
#include "tools/report/page/picture.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

// FOLDER/report.html, or FILE.html of a model's file.
fs::path page_of(const fs::path& first) {
  return fs::is_directory(first) ? first / "report.html"
                                 : fs::path(first).replace_extension(".html");
}

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Writes one HTML page of runs: results, curves, staircases, and what the networks see.\n"
      "Example: ./report runs/vgg19");
  std::vector<std::string> folders;
  std::string out, energies, picture, layer;
  bool open = false, json = false;
  ReportOptions report;
  options
      .add_option("FOLDER", folders,
                  "what ./search wrote to, or ./train and ./finetune; or one model file of these. "
                  "Several are compared")
      ->required();
  options.add_option("--out", out, "page to write [FOLDER/report.html of the first]");
  options.add_option("--data", report.data,
                     "folder of the pictures, where they have moved since [as the run tells, else "
                     "$CIFAR10_DIR, else data/cifar-10-batches-bin]");
  options.add_option("--energy-table", energies, "JSON file of energies: README.md shows one")
      ->check(CLI::ExistingFile);
  options.add_option(
      "--picture", picture,
      "SVG to write instead of a page: of the first folder, a layer's staircase, and "
      "accuracy over energy");
  options.add_option("--layer", layer, "that --picture shows [the one in the middle]");
  options.add_flag("--open", open, "show the page with xdg-open");
  options.add_flag("--json", json, "print what the page holds as JSON, and write no page");
  return run_program(options, argc, argv, [&] {
    const std::vector<fs::path> paths(folders.begin(), folders.end());
    if (!energies.empty()) report.energies = load_energy_table(energies);
    report.note = [](const std::string& note) { std::cerr << note << "\n"; };
    const fs::path page = out.empty() ? page_of(paths.front()) : fs::path(out);
    const Json data = gather(paths, report);
    for (const Json& folder : data["folders"])
      for (const Json& note : folder["notes"]) std::cerr << note.get<std::string>() << "\n";
    if (json) {
      std::cout << dump(data);
      return;
    }
    if (!picture.empty()) {
      write_file(picture, picture_of(data["folders"][0], layer));
      std::cout << "written: " << picture << "\n";
      return;
    }
    write_file(page, html_page(data));
    std::cout << "written: " << page.string() << "\n";
    if (open && std::system(("xdg-open " + shell_quoted(page)).c_str()) != 0)
      throw Error("xdg-open cannot show " + page.string());
  });
}
