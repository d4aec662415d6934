// Text of C: tables of numbers, and the files of this folder that every export contains.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tri {

// "{1, 2, 3}" in lines of at most 100 columns.
template <class T>
std::string list_of(const std::vector<T>& numbers, bool hexadecimal = false);

// A text as a literal of C: quotes, and all but plain characters escaped.
std::string c_literal(const std::string& text);

// Hand-written C (engine/export/c/*.c), which the Makefile puts into the library.
std::string_view codes_c();
std::string_view layers_c();
std::string_view check_c();

}  // namespace tri
