#include "engine/export/c/text.h"

#include <cctype>
#include <cstdint>
#include <cstdio>

#include "data/base/embedded_text.h"

namespace tri {

EMBEDDED_TEXT(codes_c, engine_export_c_codes_c)
EMBEDDED_TEXT(layers_c, engine_export_c_layers_c)
EMBEDDED_TEXT(check_c, engine_export_c_check_c)

template <class T>
std::string list_of(const std::vector<T>& numbers, bool hexadecimal) {
  constexpr size_t kColumns = 100;
  std::string text = "{";
  size_t line = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    char number[24];
    const long long value = static_cast<long long>(numbers[i]);
    if (hexadecimal)
      std::snprintf(number, sizeof number, "0x%llxu", value);
    else if (value == INT32_MIN)
      std::snprintf(number, sizeof number, "INT32_MIN");
    else
      std::snprintf(number, sizeof number, "%lld", value);
    const std::string word = number + std::string(i + 1 < numbers.size() ? "," : "");
    if (text.size() - line + word.size() > kColumns) text += "\n", line = text.size();
    text += word;
  }
  return text + "}";
}
template std::string list_of(const std::vector<int8_t>&, bool);
template std::string list_of(const std::vector<uint8_t>&, bool);
template std::string list_of(const std::vector<int32_t>&, bool);
template std::string list_of(const std::vector<uint32_t>&, bool);

std::string c_literal(const std::string& text) {
  std::string literal = "\"";
  for (const char c : text) {
    char escaped[8];
    if (std::isalnum(static_cast<unsigned char>(c)) || c == ' ' || c == '_' || c == '-' || c == '.')
      literal += c;
    else
      std::snprintf(escaped, sizeof escaped, "\\%03o", static_cast<unsigned char>(c)),
          literal += escaped;
  }
  return literal + "\"";
}

}  // namespace tri
