#include "mlsysim/describe/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace mlsysim {
namespace {

/// Damerau-Levenshtein distance (optimal string alignment), in three rows.
std::size_t distance(std::string const& a, std::string const& b) {
  std::vector<std::size_t> two(b.size() + 1), before(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) before[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({row[j - 1] + 1, before[j] + 1, before[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two[j - 2] + 1);
    }
    std::swap(two, before);
    std::swap(before, row);
  }
  return before[b.size()];
}

std::vector<std::string> words(std::string_view name) {
  std::vector<std::string> out(1);
  for (char c : name) {
    if (c == '-' || c == '_' || c == '/' || c == ' ' || c == '.') {
      if (!out.back().empty()) out.emplace_back();
    } else {
      out.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

bool all_in(std::vector<std::string> const& some, std::vector<std::string> const& all) {
  return std::all_of(some.begin(), some.end(), [&](auto const& w) { return std::find(all.begin(), all.end(), w) != all.end(); });
}

/// The characters of a line; a tab counts as one, so that carets stand below what they mean.
std::vector<std::string> characters(std::string_view line) {
  std::vector<std::string> out;
  for (char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U && !out.empty()) out.back() += c;
    else out.emplace_back(1, c == '\t' ? ' ' : c);
  }
  return out;
}

/// The line with carets below; long lines are shown around the place.
std::string excerpt(Location const& w, std::string const& label, std::string const& number) {
  constexpr std::size_t widest = 120, before_caret = 60;
  auto line = characters(w.line_text);
  std::size_t start = w.column > 0 ? w.column - 1 : 0;
  if (start > line.size()) return {};
  if (line.size() > widest) {
    const std::size_t cut = start > before_caret ? start - before_caret : 0;
    line.erase(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(cut));
    if (line.size() > widest) line.resize(widest);
    start -= cut;
  }
  std::string shown;
  for (auto const& c : line) shown += c;
  const std::size_t carets = std::clamp<std::size_t>(w.length, 1, std::max<std::size_t>(1, line.size() - std::min(start, line.size())));
  const std::string gutter(number.size() + 2, ' ');
  return fmt::format("{0}|\n {1} | {2}\n{0}| {3}{4}{5}{6}\n", gutter, number, shown, std::string(start, ' '), std::string(carets, '^'),
                     label.empty() ? "" : " ", label);
}

}  // namespace

std::string normalised(std::string_view name) {
  std::string out;
  const auto digit = [&](std::size_t i) { return i < name.size() && std::isdigit(static_cast<unsigned char>(name[i])); };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '-' || c == '_' || c == '/' || c == ' ') continue;
    if (c == '.' && !(i > 0 && digit(i - 1) && digit(i + 1))) continue;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::vector<std::string> nearest(std::string_view wanted, std::span<const std::string_view> names, std::size_t most) {
  constexpr double farthest = 0.45, part_of_name = 0.3, same_words = 0.1;
  const std::string want = normalised(wanted.substr(0, 80));
  const auto want_words = words(wanted.substr(0, 80));
  struct Scored {
    double score;
    std::size_t index;
  };
  std::vector<Scored> scored;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string have = normalised(names[i]);
    if (have.empty() || want.empty()) continue;
    const double longest = static_cast<double>(std::max(want.size(), have.size()));
    double score = static_cast<double>(distance(want, have)) / longest;
    // Among equals the shorter name is the likelier one.
    const double rest = 0.001 * longest;
    const bool part = want.size() >= 2 && (have.find(want) != have.npos || (have.size() >= 3 && want.find(have) != want.npos));
    if (part) score = std::min(score, part_of_name + rest);
    const auto have_words = words(names[i]);
    if (want_words.size() > 1 && have_words.size() > 1) {
      if (all_in(want_words, have_words)) score = std::min(score, same_words + rest);
      else if (all_in(have_words, want_words)) score = std::min(score, part_of_name + rest);
    }
    if (score <= farthest) scored.push_back({score, i});
  }
  std::stable_sort(scored.begin(), scored.end(), [](Scored const& a, Scored const& b) { return a.score < b.score; });
  std::vector<std::string> out;
  for (auto const& s : scored) {
    if (out.size() >= most) break;
    const std::string name(names[s.index]);
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

std::string error_name(int code) { return fmt::format("E{:04}", code); }

std::string to_text(Diagnostic const& d) {
  std::string out = fmt::format("error[{}]: {}\n", error_name(d.code), d.message);
  auto const& w = d.where;
  const std::string number = std::to_string(w.line);
  const std::string margin(number.size() + 2, ' ');
  if (!w.file.empty()) {
    out += fmt::format("{}--> {}", margin.substr(1), w.file);
    out += w.line > 0 ? fmt::format(":{}:{}\n", w.line, w.column) : "\n";
    if (w.line > 0 && !w.line_text.empty()) out += excerpt(w, d.label, number);
  }
  if (!d.why.empty()) out += fmt::format("{}= why:  {}\n", margin, d.why);
  if (!d.help.empty()) out += fmt::format("{}= help: {}\n", margin, d.help);
  out += fmt::format("{}= more: mlsysim explain {}\n", margin, error_name(d.code));
  return out;
}

std::string to_text(std::span<const Diagnostic> problems) {
  constexpr std::size_t most = 50;
  std::string out;
  for (std::size_t i = 0; i < problems.size() && i < most; ++i) out += to_text(problems[i]);
  if (problems.size() > most) out += fmt::format("... and {} more\n", problems.size() - most);
  out += fmt::format("{} error{}; nothing was evaluated\n", problems.size(), problems.size() == 1 ? "" : "s");
  return out;
}

std::string to_text(InputError const& error) { return to_text(error.problems()); }

InputError::InputError(std::vector<Diagnostic> problems)
    : std::runtime_error(problems.empty() ? std::string("bad input") : to_text(problems)), problems_{std::move(problems)} {}

ErrorPage const* error_page(int code) {
  for (auto const& p : error_pages())
    if (p.code == code) return &p;
  return nullptr;
}

}  // namespace mlsysim
