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

/// What a roofline shows: two roofs, and the operators by their share of the time, as many as there are letters.
struct Roofs {
  struct Point {
    std::string name, bound;
    double intensity = 0, reached = 0, share = 0;
  };
  double peak = 0, bandwidth = 0;
  std::vector<Point> points;

  explicit Roofs(Section const& s) {
    Metric const* p = s.find_metric("peak");
    Metric const* b = s.find_metric("bandwidth");
    const auto table = std::find_if(s.tables.begin(), s.tables.end(), [](Table const& t) { return t.id == "operators"; });
    if (!p || !b || table == s.tables.end() || b->value <= 0) return;
    peak = p->value, bandwidth = b->value;
    const std::size_t intensity = column_of(*table, "intensity"), reached = column_of(*table, "reached"), share = column_of(*table, "share"), bound = column_of(*table, "bound");
    for (auto const& row : table->rows)
      if (row[intensity].number > 0 && row[reached].number > 0) points.push_back({row[0].text, row[bound].text, row[intensity].number, row[reached].number, row[share].number});
    std::stable_sort(points.begin(), points.end(), [](Point const& x, Point const& y) { return x.share > y.share; });
    if (points.size() > 26) points.resize(26);
  }
  double ridge() const { return peak / bandwidth; }
  double roof(double intensity) const { return std::min(peak, bandwidth * intensity); }
  /// Both axes, whole decades around roofs and operators.
  Axis x(int cells) const {
    double left = ridge() / 10, right = ridge() * 10;
    for (auto const& p : points) left = std::min(left, p.intensity), right = std::max(right, p.intensity);
    return {left, right, cells};
  }
  Axis y(int cells) const {
    double bottom = peak / 1000;
    for (auto const& p : points) bottom = std::min(bottom, p.reached);
    return {std::max(bottom, peak * 1e-6), peak, cells};
  }
};

}  // namespace

std::string roofline(Section const& s, TextStyle const& style) {
  const Roofs r(s);
  if (r.points.empty()) return {};
  const Axis x = r.x(columns), y = r.y(rows);

  std::vector<std::string> canvas(rows, std::string(columns, ' '));
  for (int i = 0; i < columns; ++i) {
    const double roof = r.roof(x.value(i));
    if (roof >= std::pow(10, y.low)) canvas[static_cast<std::size_t>(rows - 1 - y.cell(roof))][static_cast<std::size_t>(i)] = roof < r.peak ? '/' : '-';
  }
  for (std::size_t i = r.points.size(); i-- > 0;) {
    auto const& p = r.points[i];
    canvas[static_cast<std::size_t>(rows - 1 - y.cell(p.reached))][static_cast<std::size_t>(x.cell(p.intensity))] = static_cast<char>('a' + i);
  }
  std::string out = fmt::format("Roofline: {} above, {} on the slope, ridge at {}\n", display(r.peak, Dimension("FLOP/s")), display(r.bandwidth, Dimension("B/s")), display(r.ridge(), Dimension("FLOP/B")));
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
  for (std::size_t i = 0; i < r.points.size(); ++i) {
    auto const& p = r.points[i];
    out += fmt::format("  {}  {:<28} {:>14}  {:>16}  {:>3.0f} % of its roof, {:>3.0f} % of the time\n", static_cast<char>('a' + i), p.name, display(p.intensity, Dimension("FLOP/B")),
                       display(p.reached, Dimension("FLOP/s")), 100 * p.reached / r.roof(p.intensity), 100 * p.share);
  }
  return out;
}

std::string roofline_drawing(Section const& s, double top, double width) {
  const Roofs r(s);
  if (r.points.empty()) return {};
  constexpr double left = 100, right = 40, height = roofline_height - 86;
  const double across = width - left - right;
  const Axis x = r.x(2), y = r.y(2);
  const auto at_x = [&](double v) { return left + across * (std::log10(v) - x.low) / (x.high - x.low); };
  const auto at_y = [&](double v) { return top + 34 + height * (1 - (std::log10(v) - y.low) / (y.high - y.low)); };
  std::string out = fmt::format("<text x=\"20\" y=\"{:.0f}\" class=\"h\">Roofline</text><text x=\"{:.0f}\" y=\"{:.0f}\" class=\"d\" text-anchor=\"end\">area: share of the time</text>\n", top + 12, width - right, top + 12);
  for (double e = x.low; e <= x.high; ++e)
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}V{2:.1f}\" stroke=\"#dde3e8\"/><text x=\"{0:.1f}\" y=\"{3:.1f}\" class=\"d\" text-anchor=\"middle\">{4:g}</text>\n", at_x(std::pow(10, e)), top + 34, top + 34 + height, top + 50 + height, std::pow(10, e));
  for (double e = y.low; e <= y.high; ++e)
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}H{2:.1f}\" stroke=\"#dde3e8\"/><text x=\"{3:.1f}\" y=\"{4:.1f}\" class=\"d\" text-anchor=\"end\">{5}</text>\n", left, at_y(std::pow(10, e)), left + across, left - 8, at_y(std::pow(10, e)) + 4, escaped(display(std::pow(10, e), Dimension("FLOP/s"))));
  // The slope begins where it enters the picture, from the left or from below.
  const double start = std::max(std::pow(10, x.low), std::pow(10, y.low) / r.bandwidth);
  out += fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}\" stroke=\"#333\" stroke-width=\"2\" fill=\"none\"/>\n", at_x(start), at_y(r.bandwidth * start), at_x(r.ridge()), at_y(r.peak), left + across);
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left + across, at_y(r.peak) - 6, escaped(display(r.peak, Dimension("FLOP/s")) + ", dense peak"));
  const double slope = std::atan2(at_y(r.bandwidth * start) - at_y(r.peak), at_x(r.ridge()) - at_x(start)) * 180 / std::acos(-1.0);
  const double middle = std::sqrt(start * r.ridge());
  out += fmt::format("<text transform=\"translate({:.1f} {:.1f}) rotate({:.1f})\" text-anchor=\"middle\">{}</text>\n", at_x(middle) - 5, at_y(r.bandwidth * middle) - 8, -slope, escaped(display(r.bandwidth, Dimension("B/s"))));
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">arithmetic intensity, FLOP/B</text>\n", left + across / 2, top + 68 + height);
  for (auto const& p : r.points) {
    const double cx = at_x(p.intensity), cy = std::min(at_y(p.reached), top + 34 + height), radius = 3 + 22 * std::sqrt(std::max(p.share, 0.0));
    const char* fill = p.bound == "compute" ? "#D55E00" : p.bound == "memory" ? "#0072B2" : "#777777";
    out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"{}\" fill-opacity=\"0.45\" stroke=\"{}\"><title>{}: {}, {}, {:.0f} % of its roof, {:.0f} % of the time, {}</title></circle>\n", cx, cy, radius, fill, fill, escaped(p.name),
                       escaped(display(p.intensity, Dimension("FLOP/B"))), escaped(display(p.reached, Dimension("FLOP/s"))), 100 * p.reached / r.roof(p.intensity), 100 * p.share, escaped(p.bound));
  }
  // The greatest are named beside their circles, each below the one before if they would overlap.
  constexpr std::size_t named = 6;
  std::vector<std::pair<double, double>> taken;
  for (std::size_t i = 0; i < std::min(named, r.points.size()); ++i) {
    auto const& p = r.points[i];
    if (p.share < 0.02) break;
    const double radius = 3 + 22 * std::sqrt(p.share), tx = at_x(p.intensity) + radius + 5;
    double ty = at_y(p.reached) + 4;
    const auto near = [&](std::pair<double, double> const& t) { return std::abs(t.first - tx) < 130 && std::abs(t.second - ty) < 14; };
    while (std::any_of(taken.begin(), taken.end(), near)) ty += 14;
    taken.emplace_back(tx, ty);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{} {:.0f} %</text>\n", tx, ty, escaped(p.name), 100 * p.share);
  }
  double key = left;
  for (auto [fill, what] : {std::pair{"#D55E00", "bound by compute"}, {"#0072B2", "bound by memory"}, {"#777777", "bound by the start of kernels"}}) {
    out += fmt::format("<circle cx=\"{:.0f}\" cy=\"{:.0f}\" r=\"5\" fill=\"{}\" fill-opacity=\"0.6\"/><text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n", key + 5, top + 22, fill, key + 14, top + 26, what);
    key += 150;
  }
  return out;
}

}  // namespace mlsysim::render
