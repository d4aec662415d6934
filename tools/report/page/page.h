// One HTML file of a report: the data as JSON, and what draws it. It needs no network and no other
// file, and asks for none.
#pragma once

#include <string>

#include "data/base/json.h"

namespace tri {

std::string html_page(const Json& data);

// JSON as the text of a <script>: no "<" can end it, or begin a comment. What is no UTF-8 becomes
// U+FFFD.
std::string script_json(const Json& data);

// base64 (RFC 4648), of bytes that JSON holds.
std::string base64(const std::vector<uint8_t>& bytes);

}  // namespace tri
