// The C export: a network as one header and one file of C99, and a program that checks it.
#pragma once

#include <filesystem>
#include <string>

#include "data/base/told.h"
#include "engine/integer/model.h"

namespace tri {

// `net` where it is an identifier of C, else the nearest one: other characters become _, and net_
// comes before a digit or a keyword.
std::string c_identifier(const std::string& net);

// NET.h, NET.c, NET_check.c (NET: c_identifier). Tells what that costs a device, beside the same
// of its teacher where it is a student: {"teacher": {"flash", "ram", "additions",
// "multiplications", "reads"}, "student": the same, or null}. Throws Error where the network does
// not fit the sizes that the C code counts with.
Told write_c(const Model& model, const std::filesystem::path& folder);

}  // namespace tri
