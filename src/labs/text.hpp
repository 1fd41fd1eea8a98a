#pragma once
// Small pieces of text which a lab's files are made of.
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim::labs {

inline bool continues_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }
/// Small letters, digits and `_`, and no digit in front.
bool is_name(std::string_view text);
/// A plain file name, which cannot lead out of its folder.
bool is_file_name(std::string_view text);

struct Comparison {
  std::string left, sign, right;
};
/// `a <= b` at its sign, which stands outside of quotes. Nothing if there is none or more than one.
std::optional<Comparison> split_comparison(std::string_view text);

/// The text with each `$name` replaced by a digit, so that an expression can be checked before the variables are known.
std::string with_placeholders(std::string_view text);

/// The text with each `$name` replaced by what `value_of(name)` gives; where it gives nothing, the text stays.
template <class ValueOf>
std::string substituted(std::string_view text, ValueOf&& value_of) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      out += text[at++];
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && continues_name(text[end])) ++end;
    if (const std::string* v = value_of(text.substr(at + 1, end - at - 1))) out += *v;
    else out += text.substr(at, end - at);
    at = end;
  }
  return out;
}

/// The first of several problems on one line, with its place where that is known.
std::string first_line(std::span<const Diagnostic> problems);

/// Without blanks at either end.
std::string_view trimmed(std::string_view text);
/// `2,127,057,600` as 2127057600: commas which group three digits each are dropped, other text stays.
std::string without_grouping(std::string_view text);

}  // namespace mlsysim::labs
