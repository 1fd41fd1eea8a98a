#include "mlsysim/provenance/date.hpp"

#include <algorithm>
#include <cassert>
#include <string>

namespace mlsysim {
namespace {

bool is_number(std::string_view text, int least, int most) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    value = 10 * value + (c - '0');
  }
  return !text.empty() && value >= least && value <= most;
}

/// Its last day; that months have 31 days does no harm to the order of dates.
std::string end_of(std::string_view date) { return std::string(date) + std::string(std::string_view("YYYY-12-31").substr(date.size())); }

}  // namespace

bool is_date(std::string_view text) {
  const bool shape = text.size() == 4 || (text.size() == 7 && text[4] == '-') || (text.size() == 10 && text[4] == '-' && text[7] == '-');
  return shape && is_number(text.substr(0, 4), 1900, 2200) && (text.size() < 7 || is_number(text.substr(5, 2), 1, 12)) && (text.size() < 10 || is_number(text.substr(8, 2), 1, 31));
}

bool older_than(std::string_view as_of, std::string_view today, int years) {
  assert(is_date(as_of) && is_date(today));
  std::string fresh_until = end_of(as_of);
  fresh_until.replace(0, 4, std::to_string(std::stoi(fresh_until.substr(0, 4)) + years));
  return fresh_until < end_of(today);
}

int months_between(std::string_view as_of, std::string_view today) {
  assert(is_date(as_of) && is_date(today));
  const std::string from = end_of(as_of), to = end_of(today);
  const auto part = [](std::string const& date, std::size_t at, std::size_t length) { return std::stoi(date.substr(at, length)); };
  const int months = 12 * (part(to, 0, 4) - part(from, 0, 4)) + part(to, 5, 2) - part(from, 5, 2) - (to.substr(8) < from.substr(8) ? 1 : 0);
  return std::max(months, 0);
}

std::string months_in_words(int months) {
  const auto counted = [](int n, char const* what) { return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s"); };
  if (months == 0) return "less than a month";
  if (months < 12) return counted(months, "month");
  return counted(months / 12, "year") + (months % 12 == 0 ? "" : ' ' + counted(months % 12, "month"));
}

}  // namespace mlsysim
