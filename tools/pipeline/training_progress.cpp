#include "tools/pipeline/training_progress.h"

#include <cstdio>
#include <iostream>

namespace tri {

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

TrainingEvents told(ProgressLine& line, int epochs) {
  TrainingEvents events;
  events.step = [&line, epochs](const Progress& p, int first, std::optional<double> held_out) {
    char text[128];
    std::snprintf(text, sizeof text, "epoch %d/%d: loss %.3f, accuracy %.2f %%%s, %.0f pictures/s",
                  p.epoch + 1, epochs, p.loss, 100 * p.accuracy,
                  held_out ? (", held out " + percent(*held_out)).c_str() : "",
                  p.pictures_per_second);
    line.show(p.epoch - first + double(p.step) / p.steps, epochs - first, text);
  };
  events.epoch = [](int epoch, std::optional<double> held_out) {
    std::cerr << "\nepoch " << epoch << ": "
              << (held_out ? percent(*held_out) + " of the held-out pictures" : "done") << "\n";
  };
  events.note = [&line](const std::string& note) {
    line.end();
    std::cerr << note << "\n";
  };
  return events;
}

}  // namespace tri
