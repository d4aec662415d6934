// What ./evaluate does after its options: what a network is worth on pictures, or their
// classes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/base/json.h"
#include "data/dataset.h"
#include "distill/judge/energy.h"
#include "engine/integer/int_net.h"

namespace tri {

// A network as it is meant to run: with its staircases, if it has any.
class Network {
 public:
  explicit Network(const std::string& file);
  explicit Network(Model network);
  const IntNet& net() const { return net_; }
  const Model& model() const { return net_.model(); }
  Shape input() const { return model().layers.front().in; }
  int classes() const { return int(model().classes.size()); }
  const char* kind() const { return staircases_ ? "student" : "teacher"; }
  // [N][classes]. observer: sees the activations, if it is not null.
  std::vector<int32_t> logits(const Dataset& pictures, Observer* observer = nullptr) const;

 private:
  IntNet net_;
  std::optional<Staircases> staircases_;
};

// A picture file's class, or why it has none.
struct Classified {
  std::string image, name, error;
};
// One that cannot be read does not keep the others from it.
std::vector<Classified> classify(const Network& net, const std::vector<std::string>& images);

// A network on pictures.
struct NetworkMeasures {
  int correct, pictures;
  double pictures_per_s;
  int top, within_top;  // pictures whose label is among the `top` largest logits
  std::vector<std::vector<int>> confusion;  // confusion_matrix()
  double energy;                            // pJ a picture (distill/judge/energy.h)
  std::optional<double> zero_share;         // of a student's activations
  struct Teacher {
    std::string file;
    double accuracy, agreement, kl;
  };
  std::optional<Teacher> teacher;
  std::vector<int32_t> logits;  // [pictures][classes]
  double accuracy() const { return double(correct) / pictures; }
};
// teacher_file: a network of the same classes to compare with, any; empty: none. Throws Error where
// it cannot be compared.
NetworkMeasures evaluate(const Network& net, const Dataset& test, int top,
                         const std::string& teacher_file, const EnergyTable& energies);

Json to_json(const Network& net, const NetworkMeasures& e);
std::string text(const Network& net, const NetworkMeasures& e);
Json to_json(const std::vector<Classified>& list);

}  // namespace tri
