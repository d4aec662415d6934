#include "tools/pipeline/energy_table.h"

#include "data/base/file.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;

namespace {

EnergyTable read(const std::string& text) {
  const Scratch scratch;
  write_file(scratch.path / "table.json", text);
  return load_energy_table(scratch.path / "table.json");
}

}  // namespace

TEST_CASE("energy table: what a file holds overrides the defaults, key by key; sram as a whole") {
  const EnergyTable defaults;
  CHECK(to_json(read("{}")) == to_json(defaults));
  for (const char* key : {"add8", "add16", "add32", "multiply8", "multiply32"}) {
    CAPTURE(key);
    nlohmann::ordered_json expected = to_json(defaults);
    expected[key] = 7.5;
    CHECK(to_json(read(std::string("{\"") + key + "\": 7.5}")) == expected);
  }
  const EnergyTable t = read(R"({"sram": {"1048576": 3, "512": 0}, "add8": 0})");
  CHECK(t.sram == std::map<size_t, double>{{512, 0}, {1048576, 3}});
  CHECK(t.add8 == 0);
  CHECK(t.add16 == defaults.add16);
}

TEST_CASE("energy table: README.md shows the default one") {
  const auto bytes = read_file("README.md");
  const std::string text(bytes.begin(), bytes.end());
  const size_t begin = text.rfind('{', text.find("\"add8\""));
  REQUIRE(begin != std::string::npos);
  const size_t end = text.find("}}", begin);
  CHECK(to_json(read(text.substr(begin, end + 2 - begin))) == to_json(EnergyTable()));
}

TEST_CASE("energy table: the one of areas costs for a multiplication what the default one does") {
  const EnergyTable t = load_energy_table("distill/judge/area_proxy.json");
  CHECK(t.multiply8 == EnergyTable().multiply8);
  CHECK(t.add8 < t.add16);
  CHECK(t.sram == EnergyTable().sram);
}

TEST_CASE("energy table: what cannot be right is an error that names file and key") {
  const auto refuses = [](const std::string& text, const std::string& words) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(read(text), Contains(("table.json: " + words).c_str()), Error);
  };
  refuses("", "is no JSON: ");
  refuses("{\"add8\": 1", "is no JSON: ");
  refuses("[1, 2]", "expected an object");
  refuses(R"({"ad8": 1})", "there is no energy \"ad8\", expected add8, add16, add32, multiply8,");
  refuses(R"({"add8": -1})", "\"add8\" is -1, expected picojoules, 0 to 1e9");
  refuses(R"({"add8": "1"})", "\"add8\" is \"1\", expected picojoules");
  refuses(R"({"multiply32": 1e10})", "\"multiply32\" is 10000000000.0, expected picojoules");
  refuses(R"({"add8": null})", "\"add8\" is null, expected picojoules");
  refuses(R"({"sram": 3})", "\"sram\" is 3, expected {\"bytes\": picojoules, ...}");
  refuses(R"({"sram": {}})", "\"sram\" is {}, expected {\"bytes\"");
  for (const char* size : {"", "0", "-8", "8k", "8.0", "99999999999999999999999"})
    refuses(std::string("{\"sram\": {\"") + size + "\": 1}}",
            std::string("\"sram\" has the key \"") + size + "\", expected a number of bytes");
  refuses(R"({"sram": {"8": "x"}})", "\"sram\": \"8\" is \"x\", expected picojoules");
  const Scratch scratch;
  CHECK_THROWS_WITH_AS(load_energy_table(scratch.path / "none.json"), Contains("none.json"), Error);
}

TEST_CASE("energy table: lists nested without end, and files without end, are refused by name") {
  CHECK_THROWS_WITH_AS(
      read("{\"add8\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
      Contains("table.json: \"add8\" nests deeper than 16 levels"), Error);
  CHECK_THROWS_WITH_AS(read(std::string(2'000'000, ' ')),
                       Contains("table.json: holds 2000000 bytes"), Error);
}
