#include "quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/text.hpp"
#include "text.hpp"

namespace mlsysim::labs {
namespace {

constexpr double rounding = 1e-9;  // of decimal texts
constexpr double gib_per_gb = 1073741824.0 / 1e9;

constexpr Slip of_data[] = {
    {gib_per_gb, "GB and GiB differ by 7 %: one counts in thousands, the other in 1024s"},
    {1 / gib_per_gb, "GB and GiB differ by 7 %: one counts in thousands, the other in 1024s"},
    {8, "this is eight times as much: bits for bytes?"},
    {0.125, "this is an eighth: bytes for bits?"},
};
constexpr Slip of_time[] = {
    {3600, "this is 3600 times as much: hours for seconds?"},
    {1 / 3600.0, "this is 3600 times too little: seconds for hours?"},
    {60, "this is 60 times as much: minutes for seconds, or hours for minutes?"},
    {1 / 60.0, "this is 60 times too little: seconds for minutes, or minutes for hours?"},
};
constexpr Slip of_everything[] = {
    {1000, "this is a thousand times as much: look at the prefix of the unit"},
    {0.001, "this is a thousand times too little: look at the prefix of the unit"},
    {1e6, "this is a million times as much: look at the prefix of the unit"},
    {1e-6, "this is a million times too little: look at the prefix of the unit"},
    {-1, "the sign is the other way round"},
};
constexpr Slip of_shares[] = {
    {100.0, "this is a hundred times as much: a percentage for a share?"},
    {0.01, "this is a hundredth: a share for a percentage?"},
};

}  // namespace

Read read_quantity(std::string_view text) {
  Read out;
  std::string plain = without_grouping(trimmed(text));
  if (plain.size() > 1 && plain[0] == '+' && plain[1] != '-' && plain[1] != '+') plain.erase(0, 1);
  const auto q = parse_quantity(plain);
  switch (q.error) {
    case QuantityTextError::none:
    case QuantityTextError::no_unit: break;
    case QuantityTextError::bad_unit: {
      const auto advice = unit_advice(q.unit_text);
      out.problem = fmt::format("'{}' is not a unit mlsysim knows{}{}", q.unit_text, advice.empty() ? "" : "; ", advice);
      return out;
    }
    default: out.problem = fmt::format("'{}' is not a number with a unit", std::string(trimmed(text)).substr(0, 60)); return out;
  }
  out.value = q.base_value();
  out.dimension = q.unit.dimension;
  out.has_unit = q.has_unit;
  return out;
}

bool compatible(Exponents const& a, Exponents const& b) {
  const auto counts_apart = [](Exponents e) {
    for (auto base : {Base::token, Base::sample, Base::request}) e[static_cast<std::size_t>(base)] = 0;
    return e;
  };
  return a == b || counts_apart(a) == counts_apart(b);
}

bool within(double got, double expected, Tolerance const& t) {
  if (!std::isfinite(got) || !std::isfinite(expected)) return false;
  double limit = rounding * std::fabs(expected);
  if (t.relative) limit = std::max(limit, t.relative->value * std::fabs(expected));
  if (t.digits && expected != 0) limit = std::max(limit, 0.5 * std::pow(10.0, std::floor(std::log10(std::fabs(expected))) - t.digits->value + 1));
  double absolute = 0;
  if (!t.absolute.empty()) absolute = parse_quantity(t.absolute).base_value();
  const double distance = std::fabs(got - expected);
  // The border itself counts, however the decimals were rounded.
  if (distance <= absolute * (1 + rounding)) return true;
  if (got * expected < 0) return false;
  return distance <= limit * (1 + rounding);
}

std::optional<Slip> slip(double got, double expected, Exponents const& dimension, Tolerance const& tolerance) {
  if (expected == 0) return {};
  const auto find = [&](auto const& list) -> std::optional<Slip> {
    for (auto const& s : list)
      if (within(got, expected * s.factor, tolerance)) return s;
    return {};
  };
  const bool data = dimension[static_cast<std::size_t>(Base::data)] != 0, time = dimension[static_cast<std::size_t>(Base::time)] != 0;
  std::optional<Slip> found;
  if (data) found = find(of_data);
  if (!found && time) found = find(of_time);
  if (!found && dimension == Exponents{}) found = find(of_shares);
  return found ? found : find(of_everything);
}

}  // namespace mlsysim::labs
