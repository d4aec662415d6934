// Checkpoints: all that a training needs to go on as if it had not stopped, and what it was.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/float/train.h"

namespace tri {

// What a training depends on, as names and values that an error can tell: "--batch", "64". Fewer
// than 256 letters each.
using Identity = std::vector<std::pair<std::string, std::string>>;

// The part of it that the net's name and table, its recipe and its pictures decide. `data`: all
// that it trains on.
Identity identity_of(const std::string& net, const std::vector<Layer>& layers, const Recipe& recipe,
                     const Dataset& data);

void save_checkpoint(const Training& training, const Identity& identity,
                     const std::filesystem::path& file);

// Gives every rank the training that rank 0 has; at the others `training` may be any. net_at: as of
// load_checkpoint().
void share(const Ranks& ranks, Training& training, const std::function<Net(int epoch)>& net_at);

// net_at: the network as it stands after so many epochs, of which only the shapes count. Throws
// Error, naming the reason, where the file is damaged, is of another training (the error says what
// differs), or holds what no training leaves: epochs beyond recipe.epochs, numbers that are not
// finite.
Training load_checkpoint(const std::filesystem::path& file, const Identity& identity,
                         const Recipe& recipe, const std::function<Net(int epoch)>& net_at);

}  // namespace tri
