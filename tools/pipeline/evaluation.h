// What ./evaluate does after its options: a network's accuracy and speed, or the classes of
// pictures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/base/json.h"
#include "data/dataset.h"
#include "engine/integer/int_net.h"

namespace tri {

// A network from a file, as it is meant to run: with its staircases, if it has any.
class Network {
 public:
  explicit Network(const std::string& file);
  const Model& model() const { return net_.model(); }
  Shape input() const { return model().layers.front().in; }
  int classes() const { return int(model().classes.size()); }
  const char* kind() const { return staircases_ ? "student" : "teacher"; }
  std::vector<int32_t> logits(const Dataset& pictures) const;  // [N][classes]

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

struct TestAccuracy {
  int correct, pictures;
  double pictures_per_s;
  std::vector<int32_t> logits;  // [pictures][classes]
  double accuracy() const { return double(correct) / pictures; }
};
TestAccuracy measure(const Network& net, const Dataset& test);

Json to_json(const Network& net, const TestAccuracy& a);
Json to_json(const std::vector<Classified>& list);

}  // namespace tri
