#include "mlsysim/describe/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace mlsysim {
namespace {

std::size_t distance(std::string const& a, std::string const& b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), two(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) before[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({row[j - 1] + 1, before[j] + 1, before[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two[j - 2] + 1);
    }
    two = before;
    before = row;
  }
  return before[b.size()];
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
  const std::string want = normalised(wanted.substr(0, 80));
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
    // A part of the name is as good as a few slips.
    if (want.size() >= 2 && (have.find(want) != have.npos || (have.size() >= 3 && want.find(have) != want.npos))) score = std::min(score, 0.3 + 0.001 * longest);
    if (score <= 0.45) scored.push_back({score, i});
  }
  std::stable_sort(scored.begin(), scored.end(), [](Scored const& a, Scored const& b) { return a.score < b.score; });
  std::vector<std::string> out;
  for (auto const& s : scored) {
    const std::string name(names[s.index]);
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    if (out.size() == most) break;
  }
  return out;
}

std::string error_name(int code) { return fmt::format("E{:04}", code); }

std::string to_text(Diagnostic const& d) {
  std::string out = fmt::format("error[{}]: {}\n", error_name(d.code), d.message);
  auto const& w = d.where;
  if (!w.file.empty()) {
    out += w.line > 0 ? fmt::format("  --> {}:{}:{}\n", w.file, w.line, w.column) : fmt::format("  --> {}\n", w.file);
    if (w.line > 0 && !w.line_text.empty()) {
      const std::string number = std::to_string(w.line);
      const std::string blank(number.size(), ' ');
      std::string shown = w.line_text;
      std::size_t start = w.column > 0 ? w.column - 1 : 0;
      if (shown.size() > 120) {
        const std::size_t cut = start > 60 ? std::min(start - 60, shown.size()) : 0;
        shown = shown.substr(cut, 120);
        start -= cut;
      }
      out += fmt::format("{} |\n{} | {}\n{} | {}{}\n", blank, number, shown, blank, std::string(start, ' '), std::string(w.length, '^'));
    }
  }
  if (!d.why.empty()) out += fmt::format("   = why:  {}\n", d.why);
  if (!d.help.empty()) out += fmt::format("   = help: {}\n", d.help);
  out += fmt::format("   = more: mlsysim explain {}\n", error_name(d.code));
  return out;
}

std::string to_text(std::span<const Diagnostic> problems) {
  constexpr std::size_t most = 50;
  std::string out;
  for (std::size_t i = 0; i < problems.size() && i < most; ++i) out += to_text(problems[i]);
  if (problems.size() > most) out += fmt::format("… and {} more\n", problems.size() - most);
  out += fmt::format("{} error{}; nothing was evaluated\n", problems.size(), problems.size() == 1 ? "" : "s");
  return out;
}

InputError::InputError(std::vector<Diagnostic> problems)
    : std::runtime_error(problems.empty() ? std::string("bad input") : to_text(problems)), problems_{std::move(problems)} {}

ErrorPage const* error_page(int code) {
  for (auto const& p : error_pages())
    if (p.code == code) return &p;
  return nullptr;
}

}  // namespace mlsysim
