// Quantized networks with random numbers, whose activations spread over the 8-bit codes.
#pragma once

#include <vector>

#include "data/base/rng.h"
#include "data/dataset.h"
#include "engine/integer/model.h"
#include "tests/support/pictures.h"

// `layers` need not be resolved; the input is a picture.
tri::Model random_model(std::vector<tri::Layer> layers, tri::Rng& rng,
                        tri::Shape input = kPictureShape);

// A staircase a tap (every third tap: none), thresholds and values in order.
std::vector<std::optional<tri::TriSegment>> random_staircases(const tri::Model& model,
                                                              tri::Rng& rng);

// [n][32][32][3]
std::vector<uint8_t> random_pixels(int n, tri::Rng& rng);

// Smooth noise, as varied as photographs; all labels are 0, of CIFAR-10's classes.
tri::Dataset random_pictures(int n, uint64_t seed, tri::Shape shape = kPictureShape);
// Labels 0, 1, ..., classes - 1, 0, ... for n pictures.
std::vector<uint16_t> labels_in_turn(int n, int classes = kClasses);

// A net with additions: of signed and unsigned codes, with and without ReLU, across pools and
// strides.
std::vector<tri::Layer> residual_layers();

// A net with every kind of layer in a chain; a NiN-like end (logits, then their average) or a
// linear one.
std::vector<tri::Layer> every_kind_of_layer(bool average_of_logits);
