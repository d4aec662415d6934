#include "rl/search/journal.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "data/base/hash.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

// The last number is raised when a file means something else, or a reward does.
const std::string kFormat = "tri-segment search journal ", kVersion = "3";
const std::string kBound = "bound ", kUpdate = "update ";
constexpr size_t kDigits = 16;  // of the checksum

// A line of the file: the checksum of the text, a space, the text.
std::string line_of(const std::string& text) {
  const std::span bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  char checksum[kDigits + 1];
  std::snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)fnv1a(bytes));
  return checksum + (" " + text + "\n");
}

// The text of a line (without its line break) whose checksum is right; else nothing.
std::optional<std::string> text_of(const std::string& line) {
  if (line.size() <= kDigits) return std::nullopt;
  const std::string text = line.substr(kDigits + 1);
  return line_of(text) == line + "\n" ? std::optional(text) : std::nullopt;
}

std::string text_of(const std::string& algorithm, uint64_t seed, size_t update,
                    const Evaluation& e) {
  std::ostringstream out;
  out.precision(17);  // digits that tell all doubles apart
  out << kUpdate << algorithm << ' ' << seed << ' ' << update << ' ' << e.students << ' '
      << e.seconds << ' ' << e.parts.size();
  const auto write = [&](const RewardParts& p) {
    for (const double x : {p.kl, p.attention, p.agreement, p.energy}) out << ' ' << x;
  };
  write(e.mse);
  for (const RewardParts& p : e.parts) write(p);
  return out.str();
}

// The lines of a file that end with a line break; what follows the last one is the piece of a line
// that was cut off. Of a line that no journal has, being too long, all that is told is a part, as a
// file without lines may be larger than the memory.
class Lines {
 public:
  explicit Lines(const fs::path& file) : in_(file, std::ios::binary) {
    // Taken for empty, it would be written anew.
    if (!in_) throw Error(file.string() + ": cannot be read");
  }
  bool next(std::string& line) {
    line.clear();
    for (int c; (c = in_.rdbuf()->sbumpc()) != '\n'; line += char(c))
      if (c == std::char_traits<char>::eof())
        return false;
      else if (line.size() == kMostLine)
        return true;
    return true;
  }

 private:
  static constexpr size_t kMostLine = 1 << 24;  // 100,000 students
  std::ifstream in_;
};

struct Update {
  std::string algorithm;
  uint64_t seed;
  size_t number;
  Evaluation evaluation;
};

// The update that such a text tells of. Numbers that are not finite are none here.
std::optional<Update> update_of(const std::string& text) {
  if (!text.starts_with(kUpdate)) return std::nullopt;
  Update u;
  Evaluation& e = u.evaluation;
  size_t students = 0;
  std::istringstream in(text.substr(kUpdate.size()));
  in >> u.algorithm >> u.seed >> u.number >> e.students >> e.seconds >> students;
  const auto read = [&](RewardParts& p) { in >> p.kl >> p.attention >> p.agreement >> p.energy; };
  read(e.mse);
  for (RewardParts p; in && e.parts.size() < students; e.parts.push_back(p)) read(p);
  if (!in || !(in >> std::ws).eof()) return std::nullopt;
  return u;
}

}  // namespace

uint64_t Evaluation::hash(const std::vector<StaircaseSet>& students) {
  std::vector<uint8_t> bytes;
  for (const StaircaseSet& set : students)
    for (const auto& f : set) {
      const TriSegment g = f.value_or(TriSegment{});
      bytes.insert(bytes.end(), {uint8_t(f.has_value()), g.t1, g.v1, g.t2, g.v2});
    }
  return fnv1a(bytes);
}

Journal::Journal(fs::path file, Binding binding, bool resume, const Lock* lock)
    : file_(std::move(file)), binding_(std::move(binding)), lock_(lock) {
  if (!resume || !fs::exists(file_)) return;
  growing_.emplace(file_);
  read();
}

void Journal::read() {
  Lines lines(file_);
  const auto fail = [&](const std::string& why) {
    throw Error(file_.string() + ": " + why + ", or start anew without --resume");
  };
  Binding bound;
  uint64_t size = 0;
  int number = 0;
  for (std::string line; lines.next(line); size += line.size() + 1) {
    const auto text = text_of(line);
    const auto update = update_of(text.value_or(""));
    auto* search = update ? &searches_[{update->algorithm, update->seed}] : nullptr;
    if (++number == 1 && text && text->starts_with(kFormat)) {
      if (*text != kFormat + kVersion)
        fail("is of version " + text->substr(kFormat.size()) + ": use the program that wrote it");
    } else if (number > 1 && text && text->starts_with(kBound)) {
      const size_t equals = text->find('=');
      bound.emplace_back(text->substr(kBound.size(), equals - kBound.size()),
                         text->substr(equals + 1));
    } else if (number > 1 && search && update->number == search->size()) {
      search->push_back(update->evaluation);
    } else {
      if (number == 1) fail("is no search journal: name the right folder with --out");
      fail("line " + std::to_string(number) + " is damaged: keep the lines before it (head -n " +
           std::to_string(number - 1) + ") to go on from there");
    }
  }
  if (number <= 1) fail("is no search journal: name the right folder with --out");

  std::string differences;
  for (const auto& [what, value] : binding_) {
    const auto was = std::find_if(bound.begin(), bound.end(), [&name = what](const auto& entry) {
      return entry.first == name;
    });
    const std::string before = was == bound.end() ? "not there" : was->second;
    if (before != value)
      differences +=
          (differences.empty() ? "" : ", ") + what + " was " + before + " and is " + value;
  }
  for (const auto& [what, value] : bound)
    if (std::none_of(binding_.begin(), binding_.end(),
                     [&name = what](const auto& entry) { return entry.first == name; }))
      differences +=
          (differences.empty() ? "" : ", ") + what + " was " + value + " and is not there";
  if (!differences.empty())
    fail("is of another search (" + differences + "): give what it was made with");
  growing_->truncate(size);
}

const std::vector<Evaluation>& Journal::of(const std::string& algorithm, uint64_t seed) const {
  static const std::vector<Evaluation> none;
  const auto search = searches_.find({algorithm, seed});
  return search == searches_.end() ? none : search->second;
}

int Journal::updates() const {
  size_t all = 0;
  for (const auto& [search, evaluations] : searches_) all += evaluations.size();
  return int(all);
}

void Journal::append(const std::string& algorithm, uint64_t seed, Evaluation evaluation) {
  if (lock_) lock_->check();
  auto& search = searches_[{algorithm, seed}];
  const std::string line = line_of(text_of(algorithm, seed, search.size(), evaluation));
  if (growing_) {
    try {
      growing_->append(line);
    } catch (const Error& error) {
      throw Error(std::string(error.what()) + ": make room, and --resume goes on");
    }
  } else if (!file_.empty()) {
    std::string head = line_of(kFormat + kVersion);
    for (const auto& [what, value] : binding_) head += line_of(kBound + what + "=" + value);
    keep_as_old(file_);
    write_file(file_, head + line);
    growing_.emplace(file_);
  }
  search.push_back(std::move(evaluation));
}

}  // namespace tri
