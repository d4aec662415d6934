// ./synthesize NET: pictures made from a teacher alone, as a sheet beside it.
#include "distill/synthesis/synthesize.h"

#include "data/base/file.h"
#include "distill/judge/evaluate.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/cli/options.h"
#include "tools/cli/progress.h"
#include "tools/pipeline/pictures.h"

using namespace tri;

namespace {

std::string whole_rows(const std::string& count) {
  return std::atoi(count.c_str()) % kSheetColumns == 0
             ? ""
             : count + " is no multiple of " + std::to_string(kSheetColumns);
}

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Makes pictures from a teacher alone, for a search without the teacher's training data.\n"
      "Example: ./synthesize vgg19 --teacher vgg19.q8");
  std::string net, teacher_file, out, isa;
  SynthesisOptions synthesis;
  options.add_option("NET", net, "the network; any name with --teacher")->required();
  options.add_option("--teacher", teacher_file, "teacher file [nets/weights/NET.q8]");
  options.add_option("--count", synthesis.count, "pictures to make")
      ->check(CLI::Range(kSheetColumns, sheet_most({kLeastSide, kLeastSide, 1})))
      ->check(CLI::Validator(whole_rows, ""));
  options.add_option("--steps", synthesis.steps, "steps of gradient descent for each")
      ->check(CLI::Range(1, 100'000));
  options.add_option("--seed", synthesis.seed, "of the noise that they start from");
  options.add_option("--out", out, "JPEG file to write [the teacher's name with .jpg]");
  options.add_option("--isa", isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  return run_program(options, argc, argv, [&] {
    set_isa(isa);
    require_net(net, !teacher_file.empty(), "--teacher");
    if (teacher_file.empty()) teacher_file = own_teacher(net);
    if (out.empty()) out = sheet_of(teacher_file);
    const Model teacher = load_model_of(net, teacher_file);
    const int most = sheet_most(teacher.layers.front().in);
    if (synthesis.count > most)
      throw Error("--count " + std::to_string(synthesis.count) + ": a sheet holds " +
                  std::to_string(most) + " pictures of this size at most");
    require_writable_file(out);
    ProgressLine line;
    const Dataset pictures = synthesize(teacher, synthesis, [&](const SynthesisProgress& p) {
      char text[100];
      std::snprintf(text, sizeof text, "picture %d of %d: statistics %.3f, classes %.3f", p.first,
                    synthesis.count, p.statistics, p.classes);
      line.show(p.step, p.steps, text);
    });
    write_file(out, encode_sheet(pictures));
    const double right = accuracy(logits_of(IntNet(teacher), load_sheet(out, pictures.shape())),
                                  pictures.labels(), teacher.layers.back().output.c);
    std::printf("%s: %d pictures, %.1f %% of them to the teacher of the class they were made for\n",
                out.c_str(), pictures.size(), 100 * right);
  });
}
