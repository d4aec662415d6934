// Lines of text with numbers in them.
#pragma once

#include <cstdio>
#include <string>

namespace tri {

// As printf formats it, at most 255 characters.
template <class... Values>
std::string line(const char* format, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace tri
