// The page of a report: what strangers name cannot become HTML (tools/report/page/page.h).
#include "data/base/error.h"
#include "tests/support/test.h"
#include "tools/report/page/page.h"
#include "tools/report/page/picture.h"

using namespace tri;

namespace {

size_t count(const std::string& text, const std::string& words) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(words, at)) != std::string::npos; at += words.size()) ++found;
  return found;
}

const Json kHostile = {{"path", "</script><img src=x onerror=alert(1)>"},
                       {"</ScRiPt><!--", {"<!-- <script>", "\"quotes\" & 'more'", "\u2028"}},
                       {"note", "/* report.js */ >null< /* chart.js */"}};

}  // namespace

TEST_CASE("no text among the data ends the script that holds them, and all come back") {
  const std::string text = script_json(kHostile);
  CHECK(text.find('<') == std::string::npos);
  CHECK(Json::parse(text) == kHostile);
  CHECK(Json::parse(script_json({{"file", "b\xff.png"}}))["file"] == "b\uFFFD.png");
}

TEST_CASE("a page holds data and programs once each, and names no other place to load from") {
  const Json harmless = {{"path", "runs/vgg19"}};
  const std::string page = html_page(kHostile);
  const std::string begin = "<script id=\"run\" type=\"application/json\">";
  const size_t at = page.find(begin) + begin.size();
  CHECK(Json::parse(page.substr(at, page.find("</script>", at) - at)) == kHostile);
  // As many elements as with any other data: Chart.js and three scripts of ours.
  CHECK(count(page, "</script>") == 5);
  CHECK(count(page, "<script") == count(html_page(harmless), "<script"));
  CHECK(count(page, "Chart.js v3") == 1);
  CHECK(count(page, "function staircases(") == 1);
  for (const char* place : {"src=\"", "@import", "url("})
    CHECK(count(page, place) == count(html_page(harmless), place));
  CHECK(count(page, "default-src 'none'") == 1);
  CHECK(page.find(".plots {") < page.find("</style>"));
}

TEST_CASE("base64 is that of RFC 4648") {
  const auto of = [](const std::string& text) {
    return base64(std::vector<uint8_t>(text.begin(), text.end()));
  };
  CHECK(of("") == "");
  CHECK(of("f") == "Zg==");
  CHECK(of("fo") == "Zm8=");
  CHECK(of("foo") == "Zm9v");
  CHECK(of("foob") == "Zm9vYg==");
  CHECK(of("foobar") == "Zm9vYmFy");
  CHECK(base64({0xff, 0xfe, 0x00}) == "//4A");
}

TEST_CASE("a picture draws a layer's codes and staircase, and every network that was measured") {
  Json histogram = std::vector<int>(256, 0);
  histogram[0] = 1000, histogram[9] = 100, histogram[200] = 1;
  Json folder = Json::parse(R"({"path": "a", "result": {
    "teacher": {"accuracy": 0.9}, "energy": {"teacher": 300},
    "start": {"accuracy": 0.8, "energy": 100},
    "selected": {"accuracy": 0.85, "energy": 90, "layers": [
      {"name": "c1", "t1": null, "v1": null, "t2": null, "v2": null},
      {"name": "<c2>", "t1": 4, "v1": 10, "t2": 20, "v2": 60}]}}})");
  folder["taps"] = {{{"name", "c1"}, {"histogram", histogram}},
                    {{"name", "<c2>"}, {"histogram", histogram}}};
  const std::string svg = picture_of(folder, "");
  CHECK(count(svg, "<rect") == 3);
  CHECK(count(svg, "<rect class=\"one\"") == 1);
  CHECK(count(svg, "<circle") == 3);
  CHECK(count(svg, "&lt;c2&gt;") == 1);
  CHECK(count(svg, "student: 85.00 %, 90") == 1);
  CHECK(count(svg, "t1 = 4<") == 1);
  CHECK(count(svg, "text-anchor=\"middle\">0<") == 1);  // the energy's; beside t1 is no room
  CHECK(picture_of(folder, "<c2>") == svg);
  CHECK_THROWS_WITH_AS(picture_of(folder, "c1"), "a: has no layer c1 with a staircase", Error);
  folder["taps"] = nullptr;
  CHECK_THROWS_WITH_AS(picture_of(folder, ""), doctest::Contains("has no search"), Error);
}
