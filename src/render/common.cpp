#include "common.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "mlsysim/units/text.hpp"

namespace mlsysim::render {

std::size_t display_width(std::string_view utf8) {
  std::size_t n = 0;
  for (char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  return n;
}

double round_step(double rough, Dimension const& dimension) {
  constexpr double minute = 60, hour = 3600, day = 86400;
  double unit = 1;
  if (dimension == Dimension("s") && rough > 0.75 * minute) {
    for (double whole : {minute, 2 * minute, 5 * minute, 10 * minute, 20 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 6 * hour, 12 * hour, day})
      if (rough <= 1.4 * whole) return whole;
    unit = day;
  }
  const double power = std::pow(10.0, std::floor(std::log10(rough / unit))), part = rough / unit / power;
  return unit * power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string latex_number(std::string const& text) {
  const auto blank = text.find(' ');
  std::string number = text.substr(0, blank);
  if (const auto e = number.find('e'); e != number.npos) number = number.substr(0, e) + " \\times 10^{" + number.substr(e + 1) + "}";
  if (blank == text.npos) return number;
  std::string unit;
  for (char c : text.substr(blank + 1)) unit += c == '%' ? std::string("\\%") : std::string(1, c);
  return number + "\\,\\mathrm{" + unit + "}";
}

std::string value_text(double value, Dimension const& dimension, bool percent, bool binary_units) {
  if (!std::isfinite(value)) return "unbounded";
  if (percent) return fmt::format("{:.3g} %", 100 * value);
  if (binary_units && dimension == Dimension("B")) {
    for (char const* unit : {"PiB", "TiB", "GiB", "MiB", "KiB"})
      if (std::abs(value) >= parse_unit(unit).unit.scale) return in_unit(value, unit);
  }
  return display(value, dimension);
}

std::string interval_text(Interval const& i, Dimension const& dimension, bool percent, bool binary_units) {
  return value_text(i.low, dimension, percent, binary_units) + " .. " + value_text(i.high, dimension, percent, binary_units);
}

std::string cell_text(Cell const& cell, Column const& column, bool binary_units) {
  if (column.text) return cell.text;
  if (std::isnan(cell.number)) return {};
  if (!column.unit.empty()) return in_unit(cell.number, column.unit);
  return value_text(cell.number, column.dimension, column.percent, binary_units);
}

std::string check_text(Check const& c, bool binary_units) {
  const auto shown = [&](double v) { return value_text(v, c.dimension, c.percent, binary_units); };
  if (c.verdict == Verdict::not_judged) return fmt::format("{} {}", c.at_most ? "at most" : "at least", shown(c.limit));
  return fmt::format("{} {} {}", shown(c.value), c.at_most ? (c.value <= c.limit ? "<=" : ">") : (c.value >= c.limit ? ">=" : "<"), shown(c.limit));
}

std::vector<Fact const*> assumptions(Ledger const& ledger) {
  std::vector<Fact const*> out;
  std::set<std::pair<std::string, double>> seen;
  for (auto const& f : ledger.facts())
    if (f.kind == Origin::Kind::assumed && seen.insert({f.path, f.value}).second) out.push_back(&f);
  return out;
}

SourceCount count_sources(Report const& report) {
  SourceCount count;
  std::set<std::uint32_t> seen;
  for (auto const& [path, metric] : report.metrics()) {
    for (auto origin : report.ledger.facts_behind(metric->origin)) {
      if (!seen.insert(origin.index()).second) continue;
      Fact const* f = report.ledger.fact(origin);
      if (f->kind == Origin::Kind::given) ++count.given;
      if (f->kind != Origin::Kind::fact) continue;
      ++count.facts;
      Source const* s = report.ledger.source(*f);
      if (s && !s->verified()) ++count.unverified;
    }
  }
  return count;
}

}  // namespace mlsysim::render
