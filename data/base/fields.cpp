#include "data/base/fields.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "data/base/error.h"

namespace tri {
namespace {

template <class T>
T* as(const Field& f) {
  const auto* value = std::get_if<T*>(&f.value);
  return value ? *value : nullptr;
}

// In as few digits as make the same float again.
Json told(float x) {
  char digits[32] = {};
  std::to_chars(digits, digits + sizeof digits - 1, x);
  return std::strtod(digits, nullptr);
}
Json told(double x) { return x; }
Json told(int x) { return x; }
Json told(bool x) { return x; }
Json told(const std::vector<int>& x) { return x; }

bool in_range(const Field& f, double x) { return x >= f.least && x <= f.most; }

bool take_whole(const Field& f, const Json& value, int& to) {
  if (!value.is_number_integer() || !in_range(f, value.get<double>())) return false;
  to = value.get<int>();
  return true;
}

// Whether the field takes the value; it then has it.
bool take(const Field& f, const Json& value) {
  if (int* number = as<int>(f)) return take_whole(f, value, *number);
  if (bool* flag = as<bool>(f)) {
    if (value.is_boolean()) *flag = value.get<bool>();
    return value.is_boolean();
  }
  if (auto* list = as<std::vector<int>>(f)) {
    if (!value.is_array() || value.size() > size_t(f.longest)) return false;
    list->resize(value.size());
    for (size_t i = 0; i < list->size(); ++i)
      if (!take_whole(f, value[i], (*list)[i])) return false;
    return true;
  }
  if (!value.is_number() || !in_range(f, value.get<double>())) return false;
  if (float* number = as<float>(f)) *number = value.get<float>();
  if (double* number = as<double>(f)) *number = value.get<double>();
  return true;
}

std::string wanted(const Field& f) {
  const auto numbers = [&f](const std::string& kind) {
    return kind + " of " + Json(f.least).dump() + " to " + Json(f.most).dump();
  };
  if (as<int>(f)) return numbers("a whole number");
  if (as<bool>(f)) return "true or false";
  if (as<std::vector<int>>(f))
    return "at most " + std::to_string(f.longest) + numbers(" whole numbers");
  return numbers("a number");
}

}  // namespace

Json to_json(const std::vector<Field>& fields) {
  Json json = Json::object();
  for (const Field& f : fields) {
    Json& object = f.group.empty() ? json : json[f.group];
    std::visit([&](const auto* value) { object[f.name] = told(*value); }, f.value);
  }
  return json;
}

void read_fields(const std::filesystem::path& file, const std::vector<Field>& fields,
                 const std::string& what) {
  const auto refuse = [&](const std::string& why) { throw Error(file.string() + ": " + why); };
  const auto set = [&](const std::string& group, const std::string& name, const Json& value) {
    const auto field = std::ranges::find_if(
        fields, [&](const Field& f) { return f.group == group && f.name == name; });
    if (field == fields.end())
      refuse("there is no " + what + " " + name + (group.empty() ? "" : " of " + group));
    if (!take(*field, value))
      refuse((group.empty() ? "" : group + ".") + name + " has to be " + wanted(*field));
  };
  const Json json = read_json(file);
  if (!json.is_object()) refuse("is no JSON object");
  for (const auto& [key, value] : json.items()) {
    if (!std::ranges::count(fields, key, &Field::group)) {
      set("", key, value);
      continue;
    }
    if (!value.is_object()) refuse(key + " is no object");
    for (const auto& [name, member] : value.items()) set(key, name, member);
  }
}

}  // namespace tri
