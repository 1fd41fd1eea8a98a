#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::render {
namespace {

constexpr int columns = 72, rows = 16;

/// A logarithmic axis over whole decades.
struct Axis {
  double low, high;  ///< exponents of ten
  int cells;
  Axis(double from, double to, int n) : low{std::floor(std::log10(from))}, high{std::ceil(std::log10(to))}, cells{n} {
    if (high <= low) high = low + 1;
  }
  int cell(double x) const { return std::clamp(static_cast<int>((std::log10(x) - low) / (high - low) * (cells - 1) + 0.5), 0, cells - 1); }
  double value(int cell) const { return std::pow(10, low + (high - low) * cell / (cells - 1)); }
};

std::size_t column_of(Table const& t, std::string_view id) {
  for (std::size_t i = 0; i < t.columns.size(); ++i)
    if (t.columns[i].id == id) return i;
  return t.columns.size();
}

}  // namespace

std::string roofline(Section const& s, TextStyle const& style) {
  Metric const* peak = s.find_metric("peak");
  Metric const* bandwidth = s.find_metric("bandwidth");
  const auto table = std::find_if(s.tables.begin(), s.tables.end(), [](Table const& t) { return t.id == "operators"; });
  if (!peak || !bandwidth || table == s.tables.end() || bandwidth->value <= 0) return {};
  const std::size_t intensity = column_of(*table, "intensity"), reached = column_of(*table, "reached"), share = column_of(*table, "share");

  std::vector<std::vector<Cell> const*> points;
  for (auto const& row : table->rows)
    if (row[intensity].number > 0 && row[reached].number > 0) points.push_back(&row);
  std::stable_sort(points.begin(), points.end(), [&](auto const* a, auto const* b) { return (*a)[share].number > (*b)[share].number; });
  if (points.empty()) return {};
  if (points.size() > 26) points.resize(26);

  const double ridge = peak->value / bandwidth->value;
  double left = ridge / 10, right = ridge * 10, bottom = peak->value / 1000;
  for (auto const* p : points) left = std::min(left, (*p)[intensity].number), right = std::max(right, (*p)[intensity].number), bottom = std::min(bottom, (*p)[reached].number);
  const Axis x(left, right, columns), y(std::max(bottom, peak->value * 1e-6), peak->value, rows);

  std::vector<std::string> canvas(rows, std::string(columns, ' '));
  for (int i = 0; i < columns; ++i) {
    const double roof = std::min(peak->value, bandwidth->value * x.value(i));
    if (roof >= std::pow(10, y.low)) canvas[static_cast<std::size_t>(rows - 1 - y.cell(roof))][static_cast<std::size_t>(i)] = roof < peak->value ? '/' : '-';
  }
  for (std::size_t i = points.size(); i-- > 0;) {
    auto const& p = *points[i];
    canvas[static_cast<std::size_t>(rows - 1 - y.cell(p[reached].number))][static_cast<std::size_t>(x.cell(p[intensity].number))] = static_cast<char>('a' + i);
  }
  std::string out = fmt::format("Roofline: {} above, {} on the slope, ridge at {}\n", display(peak->value, peak->dimension), display(bandwidth->value, bandwidth->dimension), display(ridge, Dimension("FLOP/B")));
  for (int i = 0; i < rows; ++i) {
    std::string label;
    for (double e = y.low; e <= y.high; ++e)
      if (rows - 1 - y.cell(std::pow(10, e)) == i) label = display(std::pow(10, e), Dimension("FLOP/s"));
    out += fmt::format("  {:>12} {} {}\n", label, style.unicode ? "│" : "|", canvas[static_cast<std::size_t>(i)]);
    while (out.size() > 1 && out[out.size() - 2] == ' ') out.erase(out.size() - 2, 1);
  }
  std::string rule = fmt::format("  {:>12} {}", "", style.unicode ? "└" : "+"), ticks(columns + 17, ' ');
  for (int i = 0; i <= columns; ++i) rule += style.unicode ? "─" : "-";
  for (double e = x.low; e <= x.high; ++e) {
    const std::string label = fmt::format("{:g}", std::pow(10, e));
    const auto at = std::min(static_cast<std::size_t>(17 + x.cell(std::pow(10, e))), ticks.size() - label.size());
    ticks.replace(at, label.size(), label);
  }
  out += rule + '\n' + ticks + " FLOP/B\n";
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto const& p = *points[i];
    const double roof = std::min(peak->value, bandwidth->value * p[intensity].number);
    out += fmt::format("  {}  {:<28} {:>14}  {:>16}  {:>3.0f} % of its roof, {:>3.0f} % of the time\n", static_cast<char>('a' + i), p[0].text, display(p[intensity].number, Dimension("FLOP/B")),
                       display(p[reached].number, Dimension("FLOP/s")), 100 * p[reached].number / roof, 100 * p[share].number);
  }
  return out;
}

}  // namespace mlsysim::render
