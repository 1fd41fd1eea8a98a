#include "mlsysim/render/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::render {
namespace {

constexpr double left = 92, top = 62, width = 560, height = 340, row = 17;

std::string page(double w, double h, std::string_view label, std::string const& body) {
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" aria-label=\"{2}\">\n"
                     "<style>text{{font:11px system-ui,sans-serif;fill:#222}}.title{{font-size:15px;font-weight:600}}.quiet,.tick{{fill:#555}}.tick{{font-size:10px}}.grid{{stroke:#c4ccd4;stroke-width:.5;fill:none}}</style>\n"
                     "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{3}</svg>\n",
                     w, h, escaped(label), body);
}
std::string head(std::string const& title, std::string const& subtitle) {
  return fmt::format("<text x=\"24\" y=\"24\" class=\"title\">{}</text>\n<text x=\"24\" y=\"43\" class=\"quiet\">{}</text>\n", escaped(title), escaped(subtitle));
}

bool shown(Chart::Point const& p) { return std::isfinite(p.x) && std::isfinite(p.y) && p.x > 0 && p.y > 0; }

/// A logarithmic scale.
struct Scale {
  double low = 1, high = 10;
  void widen() {
    if (!(high > low)) low /= 2, high *= 2;
  }
  double share(double v) const { return std::log(v / low) / std::log(high / low); }
  /// Powers of ten, with 2 and 5 where there is room; equal steps where the range is too narrow for them.
  std::vector<double> ticks() const {
    std::vector<double> out;
    const double decades = std::log10(high / low);
    for (int e = static_cast<int>(std::floor(std::log10(low))); e <= static_cast<int>(std::ceil(std::log10(high))); ++e)
      for (double m : {1.0, 2.0, 5.0})
        if (const double v = m * std::pow(10.0, e); (m == 1 || decades < 2.5) && v >= low * 0.999 && v <= high * 1.001) out.push_back(v);
    if (out.size() > 2) return out;
    out.clear();
    const double rough = (high - low) / 5, power = std::pow(10.0, std::floor(std::log10(rough))), step = power * (rough < 2 * power ? 2 : rough < 5 * power ? 5 : 10);
    for (double n = std::ceil(low / step); n * step <= high * 1.0001; ++n) out.push_back(n * step);
    return out;
  }
};

}  // namespace

std::string svg(Chart const& c) {
  Scale x{1e300, 0}, y{1e300, 0};
  for (auto const& s : c.series)
    for (auto const& p : s.points)
      if (shown(p)) x.low = std::min(x.low, p.x), x.high = std::max(x.high, p.x), y.low = std::min(y.low, p.y), y.high = std::max(y.high, p.y);
  if (x.high == 0) x = {1, 10}, y = {1, 10};
  y.low /= 1.15, y.high *= 1.15;
  x.widen(), y.widen();
  const auto at_x = [&](double v) { return left + width * x.share(v); };
  const auto at_y = [&](double v) { return top + height * (1 - y.share(v)); };
  std::string out = head(c.title, c.subtitle);
  for (double t : x.ticks())
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}V{2:.1f}\" class=\"grid\"/>\n<text x=\"{0:.1f}\" y=\"{3:.1f}\" class=\"tick\" text-anchor=\"middle\">{4}</text>\n", at_x(t), top, top + height, top + height + 16, escaped(display(t, c.x_dimension, 3)));
  for (double t : y.ticks())
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}H{2:.1f}\" class=\"grid\"/>\n<text x=\"{3:.1f}\" y=\"{4:.1f}\" class=\"tick\" text-anchor=\"end\">{5}</text>\n", left, at_y(t), left + width, left - 6, at_y(t) + 4, escaped(display(t, c.y_dimension, 3)));
  out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#333\"/>\n", left, top, width, height);
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", left + width / 2, top + height + 33, escaped(c.x_label));
  out += fmt::format("<text transform=\"translate(16 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", top + height / 2, escaped(c.y_label));
  const std::size_t columns = c.series.size() > 8 ? 2 : 1;  // of the legend
  for (std::size_t i = 0; i < c.series.size(); ++i) {
    auto const& s = c.series[i];
    const auto colour = colours[i % std::size(colours)];
    const char* dash = i / std::size(colours) % 2 == 1 ? " stroke-dasharray=\"5 3\"" : "";
    std::string line, marks;
    for (auto const& p : s.points) {
      if (!shown(p)) continue;
      line += fmt::format("{}{:.1f} {:.1f}", line.empty() ? "M" : "L", at_x(p.x), at_y(p.y));
      if (s.points.size() <= 200 || p.marked) marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"{}><title>{}</title></circle>\n", at_x(p.x), at_y(p.y), p.marked ? "5.5" : "2.6", p.marked ? "#fff" : colour, p.marked ? fmt::format(" stroke=\"{}\" stroke-width=\"2\"", colour) : "", escaped(p.label));
    }
    out += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"{}/>\n{}", line, colour, dash, marks);
    if (s.name.empty()) continue;
    const double ly = top + height + 52 + row * static_cast<double>(i / columns), lx = left + width / static_cast<double>(columns) * static_cast<double>(i % columns);
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}h22\" stroke=\"{2}\" stroke-width=\"2\"{3}/>\n<text x=\"{4:.1f}\" y=\"{5:.1f}\">{6}</text>\n", lx, ly - 4, colour, dash, lx + 30, ly, escaped(s.name));
  }
  return page(left + width + 40, top + height + 52 + row * static_cast<double>((c.series.size() + columns - 1) / columns), c.title, out);
}

std::string svg(Tornado const& t) {
  constexpr double labels = 330, half = 170, bar_row = 22;
  double most = 0;
  for (auto const& b : t.bars) most = std::max(most, std::abs(b.value));
  if (most == 0) most = 1;
  const double middle = labels + half + 40;
  std::string out = head(t.title, t.subtitle);
  for (std::size_t i = 0; i < t.bars.size(); ++i) {
    auto const& b = t.bars[i];
    const double y = top + bar_row * static_cast<double>(i), length = half * std::abs(b.value) / most;
    const bool less = b.value < 0;
    out += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", labels, y + 12, escaped(b.label));
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"15\" fill=\"{}\"><title>{}</title></rect>\n", less ? middle - length : middle, y, length, less ? colours[0] : colours[1], escaped(b.tip));
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"tick\" text-anchor=\"{}\">{:.3g}</text>\n", less ? middle - length - 4 : middle + length + 4, y + 12, less ? "end" : "start", b.value);
  }
  const double end = top + bar_row * static_cast<double>(t.bars.size());
  out += fmt::format("<path d=\"M{0:.1f} {1:.1f}V{2:.1f}\" stroke=\"#333\"/>\n", middle, top - 6, end);
  return page(middle + half + 60, end + 20, t.title, out);
}

}  // namespace mlsysim::render
