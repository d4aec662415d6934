#include "tools/report/page/page.h"

#include <string_view>

#include "data/base/check.h"
#include "data/base/embedded_text.h"

namespace tri {
namespace {

EMBEDDED_TEXT(report_html, tools_report_page_report_html)
EMBEDDED_TEXT(report_css, tools_report_page_report_css)
EMBEDDED_TEXT(plots_js, tools_report_page_plots_js)
EMBEDDED_TEXT(networks_js, tools_report_page_networks_js)
EMBEDDED_TEXT(report_js, tools_report_page_report_js)
EMBEDDED_TEXT(chart_js, chart_min_js)  // Debian's package libjs-chart.js

// Replaces the one place of a text.
void put(std::string& text, const std::string& place, std::string_view what) {
  const size_t at = text.find(place);
  CHECK(at != std::string::npos);
  text.replace(at, place.size(), what);
}

}  // namespace

std::string script_json(const Json& data) {
  std::string text;
  for (const char c : dump(data, -1))
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  return text;
}

std::string html_page(const Json& data) {
  std::string page(report_html());
  // The data last: nothing is looked for in it.
  put(page, "/* report.css */", report_css());
  put(page, "/* chart.js */", chart_js());
  put(page, "/* plots.js */", plots_js());
  put(page, "/* networks.js */", networks_js());
  put(page, "/* report.js */", report_js());
  put(page, ">null<", ">" + script_json(data) + "<");
  return page;
}

std::string base64(const std::vector<uint8_t>& bytes) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? bytes[i + j] : 0);
    for (size_t j = 0; j < 4; ++j)
      text += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

}  // namespace tri
