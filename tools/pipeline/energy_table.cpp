#include "tools/pipeline/energy_table.h"

#include <charconv>
#include <map>
#include <string>

#include "data/base/error.h"
#include "data/base/file.h"

namespace tri {
namespace {

constexpr uint64_t kMostBytes = 1 << 20;

std::string shown(const Json& value) {
  if (value.is_array()) return "a list";
  if (value.is_object()) return value.empty() ? "{}" : "an object";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json to_json(const EnergyTable& t) {
  Json memories;
  for (const auto& [bytes, energy] : t.sram) memories[std::to_string(bytes)] = energy;
  return {{"add8", t.add8},           {"add16", t.add16},           {"add32", t.add32},
          {"multiply8", t.multiply8}, {"multiply32", t.multiply32}, {"sram", memories}};
}

EnergyTable load_energy_table(const std::filesystem::path& file) {
  const Json json = read_json(file, kMostBytes);
  const auto fail = [&](const std::string& what) -> void {
    throw Error(file.string() + ": " + what);
  };
  if (!json.is_object()) fail("expected an object of energies, as README.md shows one");
  const auto energy = [&](const std::string& key, const Json& value) {
    const double x = value.is_number() ? value.get<double>() : -1;
    if (!(x >= 0 && x <= 1e9))
      fail("\"" + key + "\" is " + shown(value) + ", expected picojoules, 0 to 1e9");
    return x;
  };
  EnergyTable table;
  const std::map<std::string, double*> numbers = {{"add8", &table.add8},
                                                  {"add16", &table.add16},
                                                  {"add32", &table.add32},
                                                  {"multiply8", &table.multiply8},
                                                  {"multiply32", &table.multiply32}};
  for (const auto& [key, value] : json.items()) {
    if (const auto number = numbers.find(key); number != numbers.end()) {
      *number->second = energy(key, value);
    } else if (key == "sram") {
      if (!value.is_object() || value.empty())
        fail("\"sram\" is " + shown(value) + ", expected {\"bytes\": picojoules, ...}");
      table.sram.clear();
      for (const auto& [size, cost] : value.items()) {
        size_t memory = 0;
        const char* end = size.data() + size.size();
        if (std::from_chars(size.data(), end, memory).ptr != end || memory == 0)
          fail("\"sram\" has the key \"" + size + "\", expected a number of bytes");
        table.sram[memory] = energy("sram\": \"" + size, cost);
      }
    } else {
      fail("there is no energy \"" + key +
           "\", expected add8, add16, add32, multiply8, multiply32 or sram");
    }
  }
  return table;
}

EnergyTable energies_for(const Model& teacher, const std::string& file) {
  const EnergyTable energies = file.empty() ? EnergyTable() : load_energy_table(file);
  if (total(teacher_energy(teacher, energies)) == 0)
    throw Error(file + ": costs the teacher nothing, so students cannot be compared");
  return energies;
}

}  // namespace tri
