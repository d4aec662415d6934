// A student's fine-tuning from its file to its file: what ./finetune does after its options.
//
// All that a student's integers mean is learned on by gradient, from its teacher's logits on
// augmented pictures: weights (rounded to 8 bits in every forward pass), and each channel's gain
// and offset, which move its two thresholds; the staircases and the scales of codes stay. Of all
// epochs, and the start, the one with the least cost on the held-out pictures is kept: the KL
// to the teacher, and where the loss counts energy that over the teacher's, times its weight.
// Within an energy limit only those that keep it count, and the weight of energy in the loss is a
// multiplier: it rises after each epoch that costs too much and falls after each other one.
#pragma once

#include <string>

#include "distill/finetune/distillation.h"
#include "distill/judge/evaluate.h"
#include "tools/pipeline/training.h"

namespace tri {

struct FinetuningRun {
  Model student, teacher;
  Recipe recipe;
  DistillationWeights weights;
  EnergyTable energies;
  std::filesystem::path out;  // student file to write
  bool resume = false;
  bool end_when_stopped = false;  // with the best so far, and no Error
  // Of the teacher's accuracy (or, without labels, of full agreement), a share, that the student
  // may lose on held-out pictures; what it takes is given up.
  std::optional<double> max_drop = {};
  // Microjoules a picture that the student may cost on held-out pictures. REQUIRES: no max_drop.
  std::optional<double> energy_limit = {};
  bool start_is_within = false;  // on whatever it was held to: then the limit is no less than it
  bool labeled = true;
};

struct FinetuningResult {
  Model model;                          // what stands in the file
  int epoch;                            // that it is of; 0: it is the start
  StudentRow start_row, best_row;       // on held-out pictures
  Measures teacher, start, student;     // on the test set
  std::vector<std::string> given_back;  // layers that got 8 bits again, in their order
  std::optional<bool> within = {};      // max_drop, on held-out pictures
};

// The student that the weights of `net`, which stands as training left it, make of `start`.
Model student_of(Net& net, const Model& start);

// Throws Error where they do not belong together: a teacher given, or of another network or other
// classes; a student of another teacher, or made by an older program without statistics.
void require_pair(const Model& student, const Model& teacher, const std::string& student_file,
                  const std::string& teacher_file);

// The weight of energy in the loss after an epoch of weight `weight` that costs `energy` on
// held-out pictures: dual ascent that aims a little below `limit` and stays above `least`.
double next_energy_weight(double weight, double least, double energy, double limit);

// Fine-tunes to the recipe's end. With max_drop it goes on in rounds while the student loses more:
// of its staircases the one whose loss gains most KL per microjoule gives way to 8 bits, and a
// quarter of the epochs follow. The rounds' files are OUT.roundN.tri with logs and checkpoints;
// `out` is written at the end. Writes the student after each epoch that is better than all
// before, a checkpoint after every epoch and a row of the log. Throws Error as train_teacher()
// does, and where nothing keeps the energy limit. ranks: that share its steps, all but this one in
// help_finetune(). REQUIRES: require_pair(), held-out pictures.
FinetuningResult finetune(const FinetuningRun& run, const TrainingData& data,
                          const TrainingEvents& events, const std::atomic<bool>& stop,
                          const Ranks* ranks = nullptr);
void help_finetune(FinetuningRun run, const TrainingData& data, const Ranks& ranks);

}  // namespace tri
