#include "tools/pipeline/finetuning.h"

#include "data/base/error.h"
#include "data/base/file.h"
#include "engine/integer/dequantize.h"
#include "engine/integer/model_file.h"
#include "engine/integer/quantize.h"
#include "nets/nets.h"
#include "tools/pipeline/train_log.h"
#include "tools/report/search_report.h"

namespace tri {
namespace {

// The student that the weights of `net` make of `start`.
Model student_of(Net& net, const Model& start) {
  Model model = quantize(net, start.classes);
  model.staircases = start.staircases;
  model.attention = start.attention;
  model.teacher = start.teacher;
  return model;
}

// Students beside their teacher on some pictures.
class Against {
 public:
  Against(const IntNet& teacher, const Dataset& pictures, const EnergyTable& energies)
      : pictures_(pictures), energies_(energies), logits_(logits_of(teacher, pictures)) {}
  Measures measure(const Model& model) const {
    const Staircases staircases(model, model.staircases);
    return tri::measure(IntNet(model), pictures_, logits_, staircases, energies_);
  }
  StudentRow row(const Measures& m, const Model& teacher, double energy_weight) const {
    const double share = total(m.energy) / total(teacher_energy(teacher, energies_));
    return {m.kl, microjoules(m), m.kl + energy_weight * share};
  }
  double teacher_accuracy(int classes) const {
    return accuracy(logits_, pictures_.labels(), classes);
  }

 private:
  const Dataset& pictures_;
  const EnergyTable& energies_;
  std::vector<int32_t> logits_;
};

Identity identity_of(const FinetuningRun& run, const Dataset& data) {
  Identity identity = tri::identity_of(run.student.net, run.student.layers, run.recipe, data);
  const auto text = [](double x) { return std::to_string(x); };
  identity.emplace_back("the student's checksum", std::to_string(checksum(run.student)));
  identity.emplace_back("the teacher's checksum", std::to_string(checksum(run.teacher)));
  identity.emplace_back("--temperature", text(run.weights.temperature));
  identity.emplace_back("--labels", text(run.weights.labels));
  identity.emplace_back("--attention", text(run.weights.attention));
  identity.emplace_back("--energy", text(run.weights.energy));
  return identity;
}

}  // namespace

void require_pair(const Model& student, const Model& teacher, const std::string& student_file,
                  const std::string& teacher_file) {
  if (student.staircases.empty())
    throw Error(student_file + ": is a teacher; give a student, as ./search writes it (.tri)");
  if (!teacher.staircases.empty())
    throw Error(teacher_file + ": is a student; give its teacher (.q8)");
  if (hash(student.layers) != hash(teacher.layers) || student.classes != teacher.classes)
    throw Error(student_file + ": is of another network or other classes than " + teacher_file);
  if (student.teacher != 0 && student.teacher != checksum(teacher))
    throw Error(student_file + ": is the student of another teacher than " + teacher_file +
                ": name its own with --teacher");
}

FinetuningResult finetune(const FinetuningRun& run, const TrainingData& data,
                          const TrainingEvents& events, const std::atomic<bool>& stop) {
  if (data.held_out.size() == 0)
    throw Error("there is no picture to hold out: fine-tuning needs more training pictures");
  if (data.used.size() < run.recipe.batch)
    throw Error("a batch of " + std::to_string(run.recipe.batch) + " needs as many pictures, and " +
                std::to_string(data.used.size()) + " are there to learn from");
  const IntNet teacher(run.teacher);
  const Against held_out(teacher, data.held_out, run.energies);
  FinetuningResult result{};
  result.model = run.student;
  const auto row_of = [&](const Measures& m) {
    return held_out.row(m, run.teacher, run.weights.energy);
  };
  result.start_row = result.best_row = row_of(held_out.measure(run.student));
  Epochs epochs(
      run.out, run.recipe, identity_of(run, data.used), run.resume,
      [&](int) { return dequantize(run.student); }, events, stop);
  // The best so far stands in the file, and its epoch in the log; where a kill came between, that
  // epoch is the next one and will be as good again.
  if (epochs.resumed() && std::filesystem::exists(run.out)) {
    result.model = load_model(run.out, table_of);
    result.best_row = row_of(held_out.measure(result.model));
    result.epoch = best_epoch(log_of(run.out));
  }
  const auto measure = [&](Training& training) -> HeldOut {
    Model model = student_of(training.net, run.student);
    const Measures now = held_out.measure(model);
    const StudentRow row = row_of(now);
    if (row.cost <= result.best_row.cost) {
      result.epoch = training.epoch, result.best_row = row;
      save(model, run.out);
      result.model = std::move(model);
    }
    return {now.accuracy, row};
  };
  try {
    epochs.run(distillation(teacher, run.student, run.weights, run.energies), data.used, measure);
  } catch (const Error&) {
    if (!stop || !run.end_when_stopped) throw;
  }
  epochs.lock().check();
  if (result.epoch == 0) save(result.model, run.out);
  const Against test(teacher, data.test, run.energies);
  result.teacher = {test.teacher_accuracy(int(run.teacher.classes.size())), 1, 0, 0,
                    teacher_energy(run.teacher, run.energies)};
  result.start = test.measure(run.student);
  result.student = test.measure(result.model);
  return result;
}

}  // namespace tri
