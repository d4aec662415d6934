#include "tools/report/page/picture.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/base/error.h"
#include "tools/report/text.h"

namespace tri {
namespace {

constexpr int kTop = 46, kBottom = 246, kWidth = 310, kLeft = 50, kRight = 460;
constexpr int kCodes = 256;

constexpr const char* kHead =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 290" font-family="sans-serif" font-size="12">
<style>
text { fill: #52514e } .title { fill: #0b0b0b; font-size: 14px } .axis { stroke: #c3c2b7 }
.staircase { fill: none; stroke: #0b0b0b; stroke-width: 1.5 }
.zero { fill: #98978f } .one { fill: #2a78d6 } .two { fill: #eb6834 }
@media (prefers-color-scheme: dark) {
text { fill: #c3c2b7 } .title { fill: #fff } .axis { stroke: #44443f } .staircase { stroke: #fff } }
</style>
)";

std::string text(double x, double y, const std::string& what, const char* more = "") {
  std::string escaped;
  for (const char c : what)
    escaped += c == '<' ? "&lt;" : c == '&' ? "&amp;" : c == '>' ? "&gt;" : std::string(1, c);
  return line("<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, more) + escaped + "</text>\n";
}

std::string axes(int left, const std::string& title) {
  return text(left, 20, title, "class=\"title\"") +
         line("<path class=\"axis\" fill=\"none\" d=\"M%d %dV%dH%d\"/>\n", left, kTop, kBottom,
              left + kWidth);
}

// The share `at` of the way from the bottom of a plot to its top.
double height(double at) { return kBottom - at * (kBottom - kTop); }

std::string staircase_plot(const Json& tap, const Json& f) {
  const std::vector<double> counts = tap["histogram"].get<std::vector<double>>();
  const double most = std::log10(std::max(10.0, std::ranges::max(counts)));
  const int t1 = f["t1"], t2 = f["t2"], v1 = f["v1"], v2 = f["v2"];
  const double bin = double(kWidth) / kCodes;
  std::string svg = axes(kLeft, "A layer: codes of the teacher, staircase of the student");
  for (int x = 0; x < kCodes; ++x) {
    if (counts[x] < 1) continue;
    const double y = height(0.04 + 0.96 * std::log10(counts[x]) / most);
    svg += line("<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"/>\n",
                x <= t1   ? "zero"
                : x <= t2 ? "one"
                          : "two",
                kLeft + x * bin, y, 0.9 * bin, kBottom - y);
  }
  const auto level = [](int v) { return height(v / 255.0); };
  svg += line("<path class=\"staircase\" d=\"M%d %dH%.1fV%.1fH%.1fV%.1fH%d\"/>\n", kLeft, kBottom,
              kLeft + (t1 + 1) * bin, level(v1), kLeft + (t2 + 1) * bin, level(v2), kLeft + kWidth);
  constexpr int kWide = 36;  // codes under half a "t1 = 99" and a 0
  for (const int code : {0, t1, t2, 255}) {
    if (code == 0 && t1 < kWide) continue;
    svg += text(kLeft + code * bin, kBottom + 16,
                code == 0 || code == 255 ? std::to_string(code)
                                         : (code == t1 ? "t1 = " : "t2 = ") + std::to_string(code),
                code == t2 ? "text-anchor=\"start\"" : "text-anchor=\"middle\"");
  }
  for (const char* name : {"v1", "v2"})
    svg += text(kLeft + kWidth + 4, level(f[name]) + 4,
                name + (" = " + std::to_string(f[name].get<int>())));
  return svg + text(kLeft, 36, tap["name"].get<std::string>() + ": bars on a logarithmic scale");
}

struct Point {
  std::string name, look;
  double energy, share;
};

std::string front_plot(const Json& result) {
  const bool labeled = !result["teacher"]["accuracy"].is_null();
  const char* const key = labeled ? "accuracy" : "agreement";
  std::vector<Point> points;
  const double teacher = result["energy"]["teacher"];
  points.push_back({"teacher", "zero", teacher, labeled ? double(result["teacher"][key]) : 1});
  for (const auto& [row, look] : {std::pair("start", "one"), std::pair("selected", "two")})
    points.push_back({row == std::string("start") ? row : "student", look, result[row]["energy"],
                      result[row][key]});
  double low = 1, high = 0, most = 0;
  for (const Point& p : points)
    low = std::min(low, p.share), high = std::max(high, p.share), most = std::max(most, p.energy);
  low = std::floor(50 * low - 0.5) / 50, high = std::ceil(50 * high) / 50;
  std::string svg = axes(kRight, labeled ? "Test accuracy over energy" : "Agreement over energy");
  svg +=
      text(kRight + kWidth, kBottom + 32, "microjoules a picture (45 nm)", "text-anchor=\"end\"");
  for (int i = 0; i <= 2; ++i) {
    svg += text(kRight - 6, height(i / 2.0) + 4,
                line("%.0f %%", 100 * (low + i * (high - low) / 2)), "text-anchor=\"end\"");
    svg += text(kRight + i * kWidth / 2.2, kBottom + 16, line("%.0f", i * most / 2),
                "text-anchor=\"middle\"");
  }
  for (const Point& p : points) {
    const double x = kRight + p.energy / most * kWidth / 1.1;
    const double y = height((p.share - low) / (high - low));
    svg += line("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"/>\n", p.look.c_str(), x, y);
    const bool near_the_end = p.energy > 0.7 * most;
    svg += text(x + (near_the_end ? -11 : 11), y + 4,
                p.name + line(": %.2f %%, %.0f", 100 * p.share, p.energy),
                near_the_end ? "text-anchor=\"end\"" : "");
  }
  return svg;
}

}  // namespace

std::string picture_of(const Json& folder, const std::string& layer) {
  const std::string path = folder["path"];
  if (folder["result"].is_null() || folder["taps"].is_null())
    throw Error(path + ": has no search whose networks ran, so there is no picture");
  const Json &taps = folder["taps"], &shapes = folder["result"]["selected"]["layers"];
  std::vector<size_t> drawable;
  for (size_t i = 0; i < taps.size() && i < shapes.size(); ++i)
    if (!shapes[i]["t1"].is_null() && (layer.empty() || taps[i]["name"] == layer))
      drawable.push_back(i);
  if (drawable.empty())
    throw Error(path + ": has no layer " + layer + (layer.empty() ? "" : " ") + "with a staircase");
  const size_t i = drawable[drawable.size() / 2];
  return kHead + staircase_plot(taps[i], shapes[i]) + front_plot(folder["result"]) + "</svg>\n";
}

}  // namespace tri
