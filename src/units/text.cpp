#include "mlsysim/units/text.hpp"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>

namespace mlsysim {
namespace {

/// A unit a reader may choose, from `from` base units upwards (0 = from one of it).
struct Rung {
  std::string_view unit;
  double from = 0;
};

constexpr Rung time_ladder[] = {{"ps"}, {"ns"}, {"us"}, {"ms"}, {"s"}, {"min", 120}, {"h", 3600}, {"days", 172800}, {"years", 2 * 8760 * 3600.0}};
constexpr Rung frequency_ladder[] = {{"Hz"}, {"kHz"}, {"MHz"}, {"GHz"}};
constexpr Rung data_ladder[] = {{"B"}, {"kB"}, {"MB"}, {"GB"}, {"TB"}, {"PB"}, {"EB"}};
constexpr Rung bandwidth_ladder[] = {{"B/s"}, {"kB/s"}, {"MB/s"}, {"GB/s"}, {"TB/s"}, {"PB/s"}, {"EB/s"}};
constexpr Rung work_ladder[] = {{"FLOP"}, {"kFLOP"}, {"MFLOP"}, {"GFLOP"}, {"TFLOP"}, {"PFLOP"}, {"EFLOP"}, {"ZFLOP"}, {"YFLOP"}};
constexpr Rung rate_ladder[] = {{"FLOP/s"}, {"kFLOP/s"}, {"MFLOP/s"}, {"GFLOP/s"}, {"TFLOP/s"}, {"PFLOP/s"}, {"EFLOP/s"}, {"ZFLOP/s"}};
constexpr Rung energy_ladder[] = {{"pJ"}, {"nJ"}, {"uJ"}, {"mJ"}, {"J"}, {"kJ"}, {"kWh"}, {"MWh"}, {"GWh"}, {"TWh"}};
constexpr Rung power_ladder[] = {{"nW"}, {"uW"}, {"mW"}, {"W"}, {"kW"}, {"MW"}, {"GW"}};
constexpr Rung money_ladder[] = {{"USD"}, {"MUSD"}, {"GUSD"}};
constexpr Rung carbon_ladder[] = {{"ugCO2e"}, {"mgCO2e"}, {"gCO2e"}, {"kgCO2e"}, {"tCO2e"}, {"ktCO2e"}, {"MtCO2e"}};
constexpr Rung water_ladder[] = {{"uL"}, {"mL"}, {"L"}, {"kL"}, {"ML"}};
constexpr Rung token_ladder[] = {{"token"}, {"ktoken"}, {"Mtoken"}, {"Gtoken"}, {"Ttoken"}};
constexpr Rung token_rate_ladder[] = {{"token/s"}, {"ktoken/s"}, {"Mtoken/s"}, {"Gtoken/s"}};
constexpr Rung sample_ladder[] = {{"sample"}, {"ksample"}, {"Msample"}, {"Gsample"}};
constexpr Rung sample_rate_ladder[] = {{"sample/s"}, {"ksample/s"}, {"Msample/s"}};
constexpr Rung length_ladder[] = {{"nm"}, {"um"}, {"mm"}, {"m"}, {"km"}};

struct Ladder {
  std::string_view dimension;
  std::span<const Rung> rungs;
};

// One rung for the units in which a whole field speaks; several where magnitudes differ.
constexpr Rung per_kwh[] = {{"gCO2e/kWh"}};
constexpr Rung usd_kwh[] = {{"USD/kWh"}};
constexpr Rung usd_hour[] = {{"USD/h"}};
constexpr Rung usd_mtoken[] = {{"USD/Mtoken"}};
constexpr Rung litre_kwh[] = {{"L/kWh"}};
constexpr Rung second_token[] = {{"us/token"}, {"ms/token"}, {"s/token"}};
constexpr Rung joule_work[] = {{"fJ/FLOP"}, {"pJ/FLOP"}, {"nJ/FLOP"}};
constexpr Rung joule_data[] = {{"pJ/B"}, {"nJ/B"}};
constexpr Rung joule_token[] = {{"mJ/token"}, {"J/token"}, {"kJ/token"}};
constexpr Rung joule_sample[] = {{"uJ/sample"}, {"mJ/sample"}, {"J/sample"}, {"kJ/sample"}};
constexpr Rung joule_request[] = {{"mJ/request"}, {"J/request"}, {"kJ/request"}};
constexpr Rung work_joule[] = {{"MFLOP/J"}, {"GFLOP/J"}, {"TFLOP/J"}};
constexpr Rung data_token[] = {{"B/token"}, {"kB/token"}, {"MB/token"}};
constexpr Rung data_sample[] = {{"B/sample"}, {"kB/sample"}, {"MB/sample"}};
constexpr Rung work_token[] = {{"MFLOP/token"}, {"GFLOP/token"}, {"TFLOP/token"}};
constexpr Rung work_sample[] = {{"MFLOP/sample"}, {"GFLOP/sample"}, {"TFLOP/sample"}};
constexpr Rung carbon_token[] = {{"ugCO2e/token"}, {"mgCO2e/token"}, {"gCO2e/token"}};
constexpr Rung carbon_request[] = {{"ugCO2e/request"}, {"mgCO2e/request"}, {"gCO2e/request"}};
constexpr Rung carbon_sample[] = {{"ugCO2e/sample"}, {"mgCO2e/sample"}, {"gCO2e/sample"}};
constexpr Rung area[] = {{"mm^2"}, {"m^2"}};

constexpr Ladder ladders[] = {
    {"time", time_ladder},
    {"frequency", frequency_ladder},
    {"data", data_ladder},
    {"bandwidth", bandwidth_ladder},
    {"work", work_ladder},
    {"compute rate", rate_ladder},
    {"energy", energy_ladder},
    {"power", power_ladder},
    {"money", money_ladder},
    {"money rate", usd_hour},
    {"price of energy", usd_kwh},
    {"price per token", usd_mtoken},
    {"carbon mass", carbon_ladder},
    {"grid intensity", per_kwh},
    {"water volume", water_ladder},
    {"water per energy", litre_kwh},
    {"tokens", token_ladder},
    {"token rate", token_rate_ladder},
    {"samples", sample_ladder},
    {"sample rate", sample_rate_ladder},
    {"length", length_ladder},
    {"time per token", second_token},
    {"energy per work", joule_work},
    {"energy per data", joule_data},
    {"energy per token", joule_token},
    {"energy per sample", joule_sample},
    {"energy per request", joule_request},
    {"compute efficiency", work_joule},
    {"data per token", data_token},
    {"data per sample", data_sample},
    {"work per token", work_token},
    {"work per sample", work_sample},
    {"carbon per token", carbon_token},
    {"carbon per request", carbon_request},
    {"carbon per sample", carbon_sample},
    {"area", area},
};

/// `%.4g` without the exponent's padding: `1.2e9`, never `1.2e+09`.
std::string significant(double value, int digits) {
  std::string s = fmt::format("{:.{}g}", value, digits);
  if (const auto e = s.find('e'); e != s.npos) {
    std::string exponent = s.substr(e + 1);
    const bool negative = exponent[0] == '-';
    exponent.erase(0, exponent.find_first_not_of("+-0"));
    s = s.substr(0, e) + 'e' + (negative ? "-" : "") + exponent;
  }
  return s;
}

std::string plain_number(double value, int digits) {
  if (value == std::floor(value) && std::abs(value) < 1e7) return fmt::format("{:.0f}", value);
  return significant(value, digits);
}

struct Chosen {
  std::string_view unit;
  double scale;
};

Chosen choose(double value, Dimension const& dimension, int digits) {
  const double rounds_up = 1 - 0.5 * std::pow(10.0, -digits);
  for (auto const& ladder : ladders) {
    if (ladder.dimension != dimension.name()) continue;
    Chosen best{ladder.rungs[0].unit, parse_unit(ladder.rungs[0].unit).unit.scale};
    if (value == 0) {
      for (auto const& r : ladder.rungs)
        if (const double scale = parse_unit(r.unit).unit.scale; scale == 1) best = {r.unit, scale};
      return best;
    }
    for (auto const& r : ladder.rungs) {
      const double scale = parse_unit(r.unit).unit.scale;
      // A value whose shown digits round up to the next prefix is shown there.
      if (std::abs(value) >= (r.from > 0 ? r.from : scale) * rounds_up) best = {r.unit, scale};
    }
    return best;
  }
  return {dimension.unit(), 1};
}

}  // namespace

QuantityText parse_quantity(std::string_view text) {
  constexpr double smallest = 1e-300;  // below, numbers lose digits
  QuantityText r;
  if (text.empty()) {
    r.error = QuantityTextError::no_number;
    return r;
  }
  const char* const first = text.data();
  const char* const last = first + text.size();
  const char* start = first;
  // fast_float refuses a leading plus, as JSON does; we do too, so that there is one spelling.
  const auto [end, status] = fast_float::from_chars(start, last, r.number);
  if (status != std::errc{} || end == start) {
    r.error = QuantityTextError::no_number;
    return r;
  }
  const std::string_view digits(first, static_cast<std::size_t>(end - first));
  if (!std::isfinite(r.number)) {
    r.error = QuantityTextError::not_finite;
    return r;
  }
  const bool has_nonzero_digit = digits.substr(0, digits.find_first_of("eE")).find_first_of("123456789") != digits.npos;
  if (has_nonzero_digit && std::abs(r.number) < smallest) {
    r.error = QuantityTextError::not_finite;
    return r;
  }
  std::size_t i = digits.size();
  if (i < text.size() && (text[i] == '_' || text[i] == ',' || text[i] == '\'' || text[i] == 'x' || text[i] == '.')) {
    r.error = QuantityTextError::bad_number;
    r.at = i;
    return r;
  }
  while (i < text.size() && text[i] == ' ') ++i;
  if (i == text.size()) return r;
  r.unit_text = text.substr(i);
  r.has_unit = true;
  const auto unit = parse_unit(r.unit_text);
  r.unit = unit.unit;
  if (unit.error != UnitError::none) {
    r.error = QuantityTextError::bad_unit;
    r.unit_error = unit.error;
    r.at = i + unit.at;
  } else if (const double base = r.base_value(); !std::isfinite(base) || (base != 0 && std::abs(base) < smallest)) {
    r.error = QuantityTextError::not_finite;
  }
  return r;
}

std::string_view unit_advice(std::string_view u) {
  struct Advice {
    std::string_view wrong, right;
  };
  static constexpr Advice table[] = {
      {"KB", "write kB (1000 B) or KiB (1024 B)"},
      {"K", "write the unit in full, e.g. kB or ktoken"},
      {"M", "write the unit in full, e.g. MB or MFLOP; a count is a bare number such as 7e6"},
      {"G", "write the unit in full, e.g. GB or GFLOP; a count is a bare number such as 7e9"},
      {"T", "write the unit in full, e.g. TB or TFLOP; a count is a bare number such as 7e12"},
      {"mB", "a milli-byte does not exist; write MB (1e6 B)"},
      {"mb", "a milli-bit does not exist; write Mb (1e6 bit)"},
      {"gb", "write GB (1e9 B), GiB (2^30 B) or Gb (1e9 bit)"},
      {"GFlops", "write GFLOP/s (a rate) or GFLOP (an amount of work)"},
      {"sec", "write s"},
      {"secs", "write s"},
      {"seconds", "write s"},
      {"hr", "write h"},
      {"hrs", "write h"},
      {"d", "write day"},
      {"month", "write days: a month has no fixed length"},
      {"months", "write days: a month has no fixed length"},
      {"watt", "write W"},
      {"Watt", "write W"},
      {"watts", "write W"},
      {"bytes", "write B"},
      {"bits", "write bit"},
      {"kg", "write kgCO2e"},
      {"g", "write gCO2e"},
      {"t", "write tCO2e"},
      {"EUR", "money is in USD; convert with a dated rate in a note"},
      {"dollars", "write USD"},
      {"usd", "write USD"},
      {"l", "write L"},
      {"gCO2eq", "write gCO2e"},
      {"tok", "write token"},
      {"tok/s", "write token/s"},
  };
  for (auto const& a : table)
    if (a.wrong == u) return a.right;
  if (u.ends_with("FLOPs") || u.ends_with("FLOPs/s")) return "write FLOP (an amount of work) or FLOP/s (a rate)";
  if (u.ends_with("flops") || u.ends_with("flop") || u.ends_with("Flops")) return "write FLOP (an amount of work) or FLOP/s (a rate); case matters";
  if (u.starts_with("K") && !u.starts_with("Ki")) return "kilo is a small k";
  return {};
}

std::string shortest(double value) {
  std::string s = fmt::format("{}", value);
  if (s.size() > 2 && s.ends_with(".0")) s.resize(s.size() - 2);
  return s;
}

std::string display(double base_value, Dimension const& dimension, int digits) {
  if (dimension == Dimension{}) return plain_number(base_value, digits);
  const auto unit = choose(base_value, dimension, digits);
  const double shown = base_value / unit.scale;
  const double whole = std::pow(10.0, digits);
  if (std::abs(shown) >= whole - 0.5 && std::abs(shown) < 1e7) return fmt::format("{:.0f} {}", shown, unit.unit);
  return significant(shown, digits) + ' ' + std::string(unit.unit);
}

std::string exact(double base_value, Dimension const& dimension) {
  if (dimension == Dimension{}) return shortest(base_value);
  const auto unit = choose(base_value, dimension, 4);
  for (int digits = 4; digits <= 17; ++digits) {
    std::string text = significant(base_value / unit.scale, digits) + ' ' + std::string(unit.unit);
    if (parse_quantity(text).base_value() == base_value) return text;
  }
  return shortest(base_value) + ' ' + std::string(dimension.unit());
}

std::string in_unit(double base_value, std::string_view unit, int digits) {
  if (unit.empty()) return plain_number(base_value, digits);
  return significant(base_value / parse_unit(unit).unit.scale, digits) + ' ' + std::string(unit);
}

}  // namespace mlsysim
