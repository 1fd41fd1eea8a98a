#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mlsysim::labs {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_name(std::string_view text) { return !text.empty() && text.size() <= 64 && !is_digit(text[0]) && std::all_of(text.begin(), text.end(), continues_name); }

bool is_file_name(std::string_view text) {
  const auto plain = [](char c) { return continues_name(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= 64 && text[0] != '.' && text[0] != '-' && std::all_of(text.begin(), text.end(), plain) && text.ends_with(".yaml");
}

std::optional<Comparison> split_comparison(std::string_view text) {
  std::optional<Comparison> out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'') quoted = !quoted;
    if (quoted || (c != '<' && c != '>' && c != '=')) continue;
    const bool wide = i + 1 < text.size() && text[i + 1] == '=';
    if (out || (c == '=' && !wide)) return {};
    const std::size_t length = wide ? 2 : 1;
    out = Comparison{std::string(trimmed(text.substr(0, i))), std::string(text.substr(i, length)), std::string(trimmed(text.substr(i + length)))};
    i += length - 1;
  }
  return out;
}

std::string with_placeholders(std::string_view text) {
  static const std::string one = "1";
  return substituted(text, [](std::string_view) { return &one; });
}

std::string first_line(std::span<const Diagnostic> problems) {
  if (problems.empty()) return "unknown trouble";
  auto const& p = problems.front();
  return p.where.line ? fmt::format("{}:{}: {}", p.where.file, p.where.line, p.message) : p.where.file.empty() ? p.message : fmt::format("{}: {}", p.where.file, p.message);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

std::string without_grouping(std::string_view text) {
  // Only where the whole number is grouped: 1,5 may be one and a half, and stays to be refused.
  std::size_t begin = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0, end = begin;
  while (end < text.size() && (is_digit(text[end]) || text[end] == ',')) ++end;
  const auto number = text.substr(begin, end - begin);
  const auto first = number.find(',');
  if (first == number.npos || first == 0 || first > 3) return std::string(text);
  for (std::size_t i = 0; i < number.size(); ++i)
    if ((number[i] == ',') != (i >= first && (i - first) % 4 == 0)) return std::string(text);
  if ((number.size() - first) % 4 != 0) return std::string(text);
  std::string out(text);
  out.erase(std::remove(out.begin() + static_cast<std::ptrdiff_t>(begin), out.begin() + static_cast<std::ptrdiff_t>(end), ','), out.begin() + static_cast<std::ptrdiff_t>(end));
  return out;
}

}  // namespace mlsysim::labs
