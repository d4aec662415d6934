// ./export FILE --format NAME --out FOLDER: a teacher (.q8) or a student (.tri) for programs that
// are not ours.
#include <algorithm>
#include <iostream>

#include "data/base/file.h"
#include "engine/export/formats.h"
#include "nets/nets.h"
#include "tools/cli/options.h"

using namespace tri;

int main(int argc, char** argv) {
  std::vector<std::string> names;
  std::string purpose = "Writes a teacher or a student for programs that are not ours.\nFormats:\n";
  for (const ExportFormat& format : export_formats()) {
    names.push_back(format.name);
    purpose +=
        "  " + names.back() + std::string(10 - names.back().size(), ' ') + format.help + "\n";
  }
  Options options(purpose + "Example: ./export runs/vgg19/vgg19.tri --format onnx --out exported");
  std::string file, format, out;
  bool json = false;
  options.add_option("FILE", file, "a .q8 or .tri file")->required();
  options.add_option("--format", format, "what to write")->required()->check(OneOf(names));
  options.add_option("--out", out, "folder to write to; files of the same name are replaced")
      ->required();
  options.add_flag("--json", json, "print what there is to tell as JSON");
  return run_program(options, argc, argv, [&] {
    const Model model = load_model(file, table_of);
    make_writable_folder(out);
    const Told told =
        std::ranges::find(export_formats(), format, &ExportFormat::name)->write(model, out);
    std::cout << (json ? dump(told.json) : told.text);
    std::cerr << "wrote " << out << "\n";
  });
}
