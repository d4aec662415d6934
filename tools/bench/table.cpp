#include "tools/bench/table.h"

#include <cmath>
#include <cstdio>
#include <utility>

#include "data/base/file.h"
#include "data/base/json.h"

namespace tri {
namespace {

std::string text_of(const Json& value, const Column& column) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", column.digits, value.get<double>());
  return text;
}

void print_line(const std::vector<Column>& columns, const auto& text) {
  for (size_t i = 0; i < columns.size(); ++i)  // words to the left, numbers to the right
    std::printf(i ? " %*s" : "%-*s", columns[i].width, text(columns[i]).c_str());
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  print_line(columns_, [](const Column& c) { return c.name; });
}

void Table::add(Json row) {
  Json complete;
  for (const Column& c : columns_) {
    Json value = row.value(c.name, Json());
    if (value.is_number_float() && std::isnan(value.get<double>())) value = Json();
    complete[c.name] = value;
  }
  print_line(columns_, [&](const Column& c) { return text_of(complete[c.name], c); });
  rows_.push_back(std::move(complete));
}

void Table::write(const std::string& csv, const std::string& json, const Json& summary) const {
  if (!csv.empty()) {
    std::string text;
    const auto add_line = [&](const auto& field) {
      for (const Column& c : columns_) {
        if (&c != columns_.data()) text += ',';
        text += field(c);
      }
      text += '\n';
    };
    add_line([](const Column& c) { return c.name; });
    for (const Json& row : rows_)
      add_line([&](const Column& c) {
        const Json& value = row[c.name];
        if (value.is_null()) return std::string();
        return value.is_string() ? value.get<std::string>() : value.dump();
      });
    write_file(csv, text);
  }
  if (!json.empty()) write_file(json, dump({{"rows", rows_}, {"summary", summary}}));
}

}  // namespace tri
