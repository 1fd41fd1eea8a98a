#include "mlsysim/io/csv.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mlsysim::io {
namespace {

/// Walks the text once; a row ends at a line end outside of quotes.
class CsvParser {
 public:
  CsvParser(std::string_view text, Csv& out, std::vector<Diagnostic>& problems) : text_{text}, out_{out}, problems_{problems} {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  void run() {
    bool header = true;
    while (at_ < text_.size()) {
      Csv::Row row;
      if (!read_row(row)) return;
      if (row.cells.size() == 1 && row.cells[0].empty()) continue;
      if (header) {
        header = false;
        read_header(row);
        continue;
      }
      if (row.cells.size() != out_.columns.size()) {
        say(row.line, fmt::format("the row has {} cells, but the table has {} columns", row.cells.size(), out_.columns.size()), "a cell which holds a comma stands in double quotes");
        continue;
      }
      out_.rows.push_back(std::move(row));
    }
    if (header) say(0, "the table is empty", "the first line names the columns");
  }

 private:
  bool read_row(Csv::Row& row) {
    row.line = line_;
    for (;;) {
      std::string cell;
      if (!read_cell(cell)) return false;
      row.cells.push_back(std::move(cell));
      if (at_ >= text_.size()) return true;
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (text_[at_] == '\r') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') ++at_;
      ++line_;
      return true;
    }
  }

  bool at_line_end() const { return text_[at_] == '\n' || (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n')); }

  bool read_cell(std::string& cell) {
    if (at_ < text_.size() && text_[at_] == '"') return read_quoted(cell);
    while (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) {
      const char c = text_[at_++];
      if (c == '"') say(line_, "a double quote inside of a cell", "put the whole cell in quotes and double those inside: \"3.5\"\" disk\"");
      if (c == '\0') {
        say(line_, "the file is not text", "save the table as CSV in UTF-8");
        return false;
      }
      cell += c;
    }
    return true;
  }

  bool read_quoted(std::string& cell) {
    const std::uint32_t begin = line_;
    ++at_;
    for (;; ++at_) {
      if (at_ >= text_.size()) {
        say(begin, "a quoted cell never ends", "close it with a double quote");
        return false;
      }
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c == '"') {
        if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') ++at_;
        else break;
      }
      cell += c;
    }
    ++at_;
    if (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) {
      say(line_, "text behind the closing quote of a cell", "put the whole cell in quotes and double those inside");
      while (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) ++at_;
    }
    return true;
  }

  void read_header(Csv::Row const& row) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      if (row.cells[i].empty()) say(row.line, fmt::format("column {} has no name", i + 1), "the first line names the columns");
      else if (std::find(out_.columns.begin(), out_.columns.end(), row.cells[i]) != out_.columns.end()) say(row.line, fmt::format("two columns are called '{}'", row.cells[i]), "rename one of them");
      out_.columns.push_back(row.cells[i]);
    }
  }

  void say(std::uint32_t line, std::string message, std::string help) {
    constexpr std::size_t most = 200;
    if (problems_.size() < most) problems_.push_back({170, std::move(message), {out_.file, line, 1, 1, line_text(line)}, "", std::move(help)});
  }

  std::string line_text(std::uint32_t line) const {
    std::string_view rest = text_;
    for (std::uint32_t i = 1; i < line && rest.find('\n') != rest.npos; ++i) rest.remove_prefix(rest.find('\n') + 1);
    rest = line == 0 ? std::string_view{} : rest.substr(0, rest.find('\n'));
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    return std::string(rest);
  }

  std::string_view text_;
  Csv& out_;
  std::vector<Diagnostic>& problems_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace

std::size_t Csv::column(std::string_view name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  return found == columns.end() ? none : static_cast<std::size_t>(found - columns.begin());
}

Csv parse_csv(std::string_view text, std::string file_name, std::vector<Diagnostic>& problems) {
  Csv out;
  out.file = std::move(file_name);
  CsvParser(text, out, problems).run();
  return out;
}

Csv read_csv_file(std::string const& path, std::vector<Diagnostic>& problems) {
  const auto refuse = [&](int code, std::string message, std::string help) {
    problems.push_back({code, std::move(message), {path, 0, 0, 1, {}}, "", std::move(help)});
    Csv none;
    none.file = path;
    return none;
  };
  struct ::stat info{};
  if (::stat(path.c_str(), &info) != 0) return refuse(101, fmt::format("cannot read '{}': {}", path, std::strerror(errno)), "`file:` of a mapping is relative to the mapping's own folder");
  if (!S_ISREG(info.st_mode)) return refuse(102, fmt::format("'{}' is not a regular file", path), "name a CSV file");
  if (static_cast<std::size_t>(info.st_size) > largest_table) return refuse(103, fmt::format("'{}' is larger than 64 MiB", path), "split the table");
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return refuse(101, fmt::format("cannot read '{}': {}", path, std::strerror(errno)), "");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), f));
  std::fclose(f);
  return parse_csv(text, path, problems);
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == text.npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

}  // namespace mlsysim::io
