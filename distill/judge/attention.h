// Attention transfer: do student and teacher look at the same places of a picture?
// Zagoruyko and Komodakis, "Paying More Attention to Attention", ICLR 2017, section 3.1.
//
// The attention map of an activation A [h][w][c] is Q[h][w] = sum over c of A^2 (their F^2_sum),
// as a vector, divided by its Euclidean norm (a map that is 0 everywhere stays 0). The distance of
// a student to its teacher is the norm (not its square) of the difference of their maps,
//
//     AT = mean over pictures and layers of || Q_s / ||Q_s|| - Q_t / ||Q_t|| ||,   0 <= AT <=
//     sqrt 2.
//
// Normalized maps do not depend on the scale of the codes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/integer/int_net.h"

namespace tri {

// The taps of activated layers. REQUIRES: the model has them.
std::vector<int> taps_of(const Model& model, const std::vector<std::string>& layers);

// Collects the normalized attention maps of some taps, over as many pictures as pass.
class AttentionMaps : public Observer {
 public:
  explicit AttentionMaps(std::vector<int> taps);
  bool watches(int tap) const override;
  void activation(int tap, const uint8_t* values, int n, Shape shape) override;
  void clear();  // forgets the pictures
  // Of a tap that is watched: [pictures][h * w].
  const std::vector<double>& maps(int tap) const;

  // AT of two collections of the same taps and pictures. 0 where there are no taps.
  friend double attention_distance(const AttentionMaps& student, const AttentionMaps& teacher);

 private:
  std::vector<int> taps_;
  std::vector<size_t> map_size_;           // h * w of each of taps_
  std::vector<std::vector<double>> maps_;  // parallel to taps_: [pictures][h * w]
};

double attention_distance(const AttentionMaps& student, const AttentionMaps& teacher);

}  // namespace tri
