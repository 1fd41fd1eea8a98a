#include "mlsysim/io/trace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "mlsysim/io/csv.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::io {
namespace {

constexpr std::array<std::string_view, 3> names{"arrival", "prompt", "output"};
constexpr std::size_t most_problems_of_a_trace = 100;

// Numbers only: cells are views into the text, so that a place is exact and a million lines cost no million strings.
class TraceParser {
 public:
  TraceParser(std::string_view text, std::string const& file, std::vector<Diagnostic>& problems) : text_{text}, file_{file}, problems_{problems}, before_{problems.size()} {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  std::vector<TracedRequest> run() {
    bool header = true;
    while (!text_.empty() && problems_.size() < before_ + most_problems_of_a_trace) {
      const auto end = text_.find('\n');
      std::string_view line = text_.substr(0, end);
      text_ = end == text_.npos ? std::string_view{} : text_.substr(end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++line_;
      if (line.find_first_not_of(" \t") == line.npos) continue;
      if (!split(line)) continue;
      if (header) {
        header = false;
        if (!read_header()) break;
      } else {
        read_row();
      }
    }
    if (header && problems_.size() == before_) say(231, 0, 0, "the trace is empty", "its first line is `arrival,prompt,output`");
    else if (requests_.empty() && problems_.size() == before_) say(231, 0, 0, "the trace has no requests", "a line for each, e.g. `0.25,512,128`");
    if (problems_.size() != before_) requests_.clear();
    return std::move(requests_);
  }

 private:
  struct CellView {
    std::string_view text;
    std::uint32_t column;
  };

  bool split(std::string_view line) {
    cells_.clear();
    current_ = line;
    std::size_t at = 0;
    for (;;) {
      const auto comma = line.find(',', at);
      std::string_view cell = line.substr(at, comma == line.npos ? line.npos : comma - at);
      const auto first = cell.find_first_not_of(" \t"), last = cell.find_last_not_of(" \t");
      cells_.push_back({first == cell.npos ? std::string_view{} : cell.substr(first, last - first + 1), static_cast<std::uint32_t>(at + (first == cell.npos ? 0 : first) + 1)});
      if (comma == line.npos) break;
      at = comma + 1;
      if (cells_.size() > 64) {
        say(231, 1, 1, "more than 64 cells in a line", "a trace has three columns: arrival, prompt, output");
        return false;
      }
    }
    return true;
  }

  bool read_header() {
    column_.fill(Csv::none);
    bool good = true;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      bool known = false;
      for (std::size_t k = 0; k < names.size(); ++k) {
        if (cells_[i].text != names[k]) continue;
        known = true;
        if (column_[k] != Csv::none) say(231, cells_[i].column, cells_[i].text.size(), fmt::format("two columns are called '{}'", names[k]), "leave one of them out"), good = false;
        column_[k] = i;
      }
      if (known) continue;
      good = false;
      const auto near = nearest(std::string(cells_[i].text.substr(0, 40)), names, 1);
      say(231, cells_[i].column, cells_[i].text.size(), fmt::format("a trace has no column '{}'", printable(cells_[i].text)), near.empty() ? "the columns are arrival, prompt and output" : fmt::format("did you mean '{}'? The columns are arrival, prompt and output", near[0]));
    }
    if (!good) return false;
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (column_[k] == Csv::none) say(231, 1, current_.size(), fmt::format("the trace has no column '{}'", names[k]), "its first line is `arrival,prompt,output`"), good = false;
    }
    return good;
  }

  void read_row() {
    if (cells_.size() != names.size()) {
      say(231, 1, current_.size(), fmt::format("the line has {} cells, but there are 3 columns", cells_.size()), "one number for each of arrival, prompt and output");
      return;
    }
    TracedRequest r;
    bool good = true;
    auto const& a = cells_[column_[0]];
    const auto q = parse_quantity(a.text);
    if (q.error != QuantityTextError::none && !(q.error == QuantityTextError::no_unit)) say(231, a.column, a.text.size(), fmt::format("'{}' is no time", printable(a.text)), "seconds since the begin, e.g. `12.75`"), good = false;
    else if (q.has_unit && !(q.dimension() == Dimension("s"))) say(231, a.column, a.text.size(), fmt::format("'{}' is {}, not a time", printable(a.text), q.dimension().view()), "seconds since the begin, e.g. `12.75`"), good = false;
    else {
      r.arrival = q.has_unit ? q.base_value() : q.number;
      if (r.arrival < 0 || r.arrival > 1e12) say(232, a.column, a.text.size(), fmt::format("an arrival at {}", printable(a.text)), "seconds since the begin: 0 to 1e12"), good = false;
      else if (r.arrival < last_) say(232, a.column, a.text.size(), fmt::format("{} s lies before {} s, the arrival above it", shortest(r.arrival), shortest(last_)), "sort the lines by arrival"), good = false;
      else last_ = r.arrival;
    }
    good = tokens(cells_[column_[1]], "prompt", r.prompt) && good;
    good = tokens(cells_[column_[2]], "output", r.output) && good;
    if (good) requests_.push_back(r);
  }

  bool tokens(CellView const& c, char const* what, int& into) {
    constexpr int most = 10'000'000;
    long long n = 0;
    bool good = !c.text.empty() && c.text.size() <= 12;
    for (char d : c.text) {
      if (d < '0' || d > '9') good = false;
      if (good) n = 10 * n + (d - '0');
    }
    if (good && n >= 1 && n <= most) {
      into = static_cast<int>(n);
      return true;
    }
    say(231, c.column, c.text.size(), fmt::format("'{}' is no {}", printable(c.text), what), "a whole number of tokens, 1 to 10000000");
    return false;
  }

  static std::string printable(std::string_view text) {
    std::string out;
    for (char c : text.substr(0, 40)) out += c >= ' ' && c != '\x7f' ? c : '?';
    return out + (text.size() > 40 ? "..." : "");
  }

  void say(int code, std::size_t column, std::size_t length, std::string message, std::string help) {
    Location where{file_, column ? line_ : 0, static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(std::max<std::size_t>(1, std::min<std::size_t>(length, 80))), column ? printable_line() : std::string{}};
    problems_.push_back({code, std::move(message), std::move(where), "", std::move(help)});
  }
  std::string printable_line() const {
    if (current_.size() > 160) return {};
    std::string out;
    for (char c : current_) out += c >= ' ' && c != '\x7f' ? c : ' ';
    return out;
  }

  std::string_view text_, current_;
  std::string const& file_;
  std::vector<Diagnostic>& problems_;
  std::size_t before_;
  std::uint32_t line_ = 0;
  std::vector<CellView> cells_;
  std::array<std::size_t, 3> column_{};
  double last_ = 0;
  std::vector<TracedRequest> requests_;
};

}  // namespace

std::vector<TracedRequest> parse_trace(std::string_view text, std::string const& file, std::vector<Diagnostic>& problems) { return TraceParser(text, file, problems).run(); }

std::vector<TracedRequest> read_trace_file(std::string const& path, std::vector<Diagnostic>& problems) {
  const auto refuse = [&](int code, std::string message, std::string help) {
    problems.push_back({code, std::move(message), {path, 0, 0, 1, {}}, "", std::move(help)});
    return std::vector<TracedRequest>{};
  };
  struct ::stat info {};
  if (::stat(path.c_str(), &info) != 0) return refuse(101, fmt::format("cannot read '{}': {}", path, std::strerror(errno)), "`traffic.trace` is relative to the scenario's own folder");
  if (!S_ISREG(info.st_mode)) return refuse(102, fmt::format("'{}' is not a regular file", path), "name a CSV file");
  constexpr auto largest = static_cast<long long>(4 * largest_table);
  if (info.st_size > largest) return refuse(103, fmt::format("'{}' is larger than 256 MiB", path), "take a part of the trace");
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return refuse(101, fmt::format("cannot read '{}': {}", path, std::strerror(errno)), "");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), f));
  std::fclose(f);
  return parse_trace(text, path, problems);
}

}  // namespace mlsysim::io
