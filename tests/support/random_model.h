// Quantised networks with random numbers, whose activations spread over the 8-bit codes.
#pragma once

#include <vector>

#include "data/cifar10.h"
#include "data/base/rng.h"
#include "engine/integer/model.h"

// `layers` need not be resolved; the input is a picture of 32 x 32 x 3.
tri::Model random_model(std::vector<tri::Layer> layers, tri::Rng& rng);

// A staircase a tap (every third tap: none), thresholds and values in order.
std::vector<std::optional<tri::TriSegment>> random_staircases(const tri::Model& model,
                                                              tri::Rng& rng);

// [n][32][32][3]
std::vector<uint8_t> random_pixels(int n, tri::Rng& rng);

// Smooth noise, as varied as photographs; all labels are 0.
tri::Dataset random_pictures(int n, uint64_t seed);

// A net with additions: of signed and unsigned codes, with and without ReLU, across pools and strides.
std::vector<tri::Layer> residual_layers();

// A net with every kind of layer in a chain; a NiN-like end (logits, then their average) or a linear one.
std::vector<tri::Layer> every_kind_of_layer(bool average_of_logits);
