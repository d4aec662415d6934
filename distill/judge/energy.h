// What a picture costs a chip that runs an integer network: events counted on pictures, times an
// editable table of energies. An estimate for comparing students; it knows no particular chip.
//
// A layer with 8-bit input multiplies and adds for every weight, zeros or not, and reads the
// weight. One with three-level input does so only for what is not 0, and only adds: a weight joins
// S1 where the input is v1 and S2 where it is v2, 16 bits wide. Each of its outputs then costs v1 *
// S1 + v2 * S2, products of 16 by 8 bits (two 8-bit multiplications each). An 8-bit output is
// requantized by a 32-bit multiplication, a three-level one compared with two 32-bit thresholds. Of
// two levels there is one sum, one product and one comparison. Codes are written once and read
// once, 8, 2 or 1 bits wide; weights are read from a memory that holds all of their layer's. A
// layer's events count with the mean number of weights that an input meets, which at the edges of
// the map is less than within. An addition multiplies each 8-bit input by a factor of 16 bits (two
// 8-bit multiplications) and adds it up in 32 bits; of levels the products are constants. Max pools
// compare codes, an 8-bit addition each or, of fewer bits, as much less of one; means add 32-bit
// sums.
#pragma once

#include <map>
#include <vector>

#include "engine/integer/model.h"
#include "engine/integer/observers.h"

namespace tri {

// Picojoules. Defaults: 45 nm, from Horowitz, "Computing's energy problem", ISSCC 2014.
struct EnergyTable {
  double add8 = 0.03, add16 = 0.05, add32 = 0.1, multiply8 = 0.2, multiply32 = 3.1;
  // A memory of so many bytes -> energy for each byte read or written (the paper's 64-bit reads of
  // 8 KB, 32 KB and 1 MB caches: 10, 20 and 100 pJ). What fits in none counts with the largest.
  std::map<size_t, double> sram = {{8 << 10, 1.25}, {32 << 10, 2.5}, {1 << 20, 12.5}};
};

// Picojoules a picture, of every layer of the net's table. events: of a forward over some pictures;
// staircases: of the student, empty for a teacher.
std::vector<double> energy(const Model& model, const StaircaseSet& staircases,
                           const std::vector<EventRecorder::Events>& events,
                           const EnergyTable& table);
// Of a teacher, which costs the same whatever the pictures.
std::vector<double> teacher_energy(const Model& model, const EnergyTable& table);
// What it costs more, in picojoules, that one output of a layer with a staircase is not 0:
// additions and weights read by the layers that read it (through a max pool: by the mean of its
// window). By layer; 0 where it costs nothing.
std::vector<double> nonzero_energy(const Model& model, const StaircaseSet& staircases,
                                   const EnergyTable& table);
// Of all layers together.
double total(const std::vector<double>& layers);

}  // namespace tri
