// The rows of a layer table in a binary file: what a row is, not what resolve() makes of it.
#pragma once

#include "data/base/serial.h"
#include "engine/graph/layer.h"

namespace tri {

// How many u16; each: kind, activation u8; name: length u8 and letters; out s32; kernel, stride,
// pad u16; rate f32; how many inputs u8, each: length u8 and letters. The kernel is as resolved.
void write_rows(Writer& out, const std::vector<Layer>& layers);

// Unresolved. Throws Error for a kind or an activation that there is not, a name that is empty or
// holds more than letters, digits and "_-.", more than two inputs. All else resolve() judges.
std::vector<Layer> read_rows(Reader& in);

}  // namespace tri
