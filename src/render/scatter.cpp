#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::render {
namespace {

constexpr std::size_t colour_count = std::size(colours);
constexpr std::size_t shape_count = 3;

constexpr double panel_width = 620, plot_left = 80, plot_top = 62, plot_size = 460, legend_gap = 44, legend_row = 17;
constexpr double character = 6.2;  // mean width of the 11 px text

/// A logarithmic axis from `low` to `high`, on which both coordinates of a panel are drawn.
struct Axis {
  double low = 1, high = 10;

  explicit Axis(Scatter const& s) {
    double least = 1e300, most = 0;
    for (auto const& p : s.points)
      for (double v : {p.x, p.y}) {
        // A logarithm has no place for nothing, which is drawn at the edge.
        if (v > 0) least = std::min(least, v);
        most = std::max(most, v);
      }
    if (!(most > 0) || least > most) return;
    low = least / 1.3, high = most * 1.3;
  }
  double share(double v) const { return std::log(std::max(v, low) / low) / std::log(high / low); }
  double x(double v) const { return plot_left + plot_size * share(v); }
  double y(double v) const { return plot_top + plot_size * (1 - share(v)); }

  /// Powers of ten, with 2 and 5 where there is room.
  std::vector<double> ticks() const {
    const double decades = std::log10(high / low);
    std::vector<double> out;
    for (int e = static_cast<int>(std::floor(std::log10(low))); e <= static_cast<int>(std::ceil(std::log10(high))); ++e) {
      for (double m : {1.0, 2.0, 5.0}) {
        if (m > 1 && decades > 2.5) continue;
        const double v = m * std::pow(10.0, e);
        if (v >= low * 0.999 && v <= high * 1.001) out.push_back(v);
      }
    }
    return out;
  }
};

std::string mark(double x, double y, std::size_t series, std::string_view title) {
  const auto colour = colours[series % colour_count];
  const std::string style = fmt::format(R"(fill="{}" fill-opacity="0.65" stroke="{}" stroke-width="0.6")", colour, colour);
  const std::string tip = title.empty() ? std::string{} : fmt::format("<title>{}</title>", escaped(title));
  switch (series / colour_count % shape_count) {
    case 0: return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.4\" {}>{}</circle>\n", x, y, style, tip);
    case 1: return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"6\" height=\"6\" {}>{}</rect>\n", x - 3, y - 3, style, tip);
    default: return fmt::format("<path d=\"M{:.1f} {:.1f} l3.8 6.6 h-7.6 z\" {}>{}</path>\n", x, y - 4, style, tip);
  }
}

/// The part of the plot between `y = x * below` and `y = x * above`, clipped to the plot.
std::string band(Axis const& a, double error, std::string_view fill) {
  const double above = 1 + error, below = 1 - error;
  return fmt::format("<polygon points=\"{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}\" fill=\"{}\"/>\n", a.x(a.low), a.y(a.low * above), a.x(a.high), a.y(a.high * above), a.x(a.high), a.y(a.high * below),
                     a.x(a.low), a.y(a.low * below), fill);
}

std::size_t legend_columns(Scatter const& s) {
  std::size_t longest = 6;
  for (auto const& n : s.series) longest = std::max(longest, display_width(n));
  return std::clamp<std::size_t>(static_cast<std::size_t>((panel_width - 40) / (static_cast<double>(longest) * character + 26)), 1, 6);
}
double panel_height(Scatter const& s) {
  const auto columns = legend_columns(s);
  return plot_top + plot_size + legend_gap + legend_row * static_cast<double>((s.series.size() + columns - 1) / columns) + 14;
}

void draw(Scatter const& s, std::size_t index, std::string& out) {
  const Axis a(s);
  out += fmt::format("<text x=\"{0}\" y=\"24\" class=\"title\">{1}</text>\n<text x=\"{0}\" y=\"43\" class=\"quiet\">{2}</text>\n", plot_left, escaped(s.title), escaped(s.subtitle));
  out += fmt::format("<clipPath id=\"plot{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n<g clip-path=\"url(#plot{})\">\n", index, plot_left, plot_top, plot_size, plot_size, index);
  auto bands = s.bands;
  std::sort(bands.rbegin(), bands.rend());
  constexpr std::string_view fills[] = {"#e9edf1", "#d3dbe3", "#bfcad5"};
  for (std::size_t i = 0; i < bands.size(); ++i) out += band(a, bands[i], fills[std::min<std::size_t>(i, 2)]);
  for (double t : a.ticks())
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {4:.1f}H{5:.1f}\" class=\"grid\"/>\n", a.x(t), plot_top, plot_top + plot_size, plot_left, a.y(t), plot_left + plot_size);
  out += fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"#333\" stroke-width=\"1\"/>\n", a.x(a.low), a.y(a.low), a.x(a.high), a.y(a.high));
  for (auto const& p : s.points) out += mark(a.x(p.x), a.y(p.y), p.series, p.label);
  out += "</g>\n";
  out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#333\"/>\n", plot_left, plot_top, plot_size, plot_size);
  // Beside the right edge, each at the height where its band leaves the plot.
  double above = plot_top - 12;
  for (auto b = bands.rbegin(); b != bands.rend(); ++b) {
    above = std::max(a.y(a.high * (1 - *b)) + 4, above + 13);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"quiet\">&#8722;{:.0f} %</text>\n", plot_left + plot_size + 5, above, 100 * *b);
  }
  for (double t : a.ticks()) {
    const std::string label = escaped(display(t, s.dimension, 3));
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"tick\" text-anchor=\"middle\">{}</text>\n", a.x(t), plot_top + plot_size + 16, label);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"tick\" text-anchor=\"end\">{}</text>\n", plot_left - 6, a.y(t) + 4, label);
  }
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", plot_left + plot_size / 2, plot_top + plot_size + 33, escaped(s.x_label));
  out += fmt::format("<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", plot_top + plot_size / 2, escaped(s.y_label));
  const auto columns = legend_columns(s);
  for (std::size_t i = 0; i < s.series.size(); ++i) {
    const double x = 24 + (panel_width - 40) / static_cast<double>(columns) * static_cast<double>(i % columns);
    const double y = plot_top + plot_size + legend_gap + 8 + legend_row * static_cast<double>(i / columns);
    out += mark(x, y - 4, i, "") + fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + 9, y, escaped(s.series[i]));
  }
}

}  // namespace

std::string svg(std::span<const Scatter> panels) {
  constexpr std::size_t columns = 2;
  const std::size_t across = std::clamp<std::size_t>(panels.size(), 1, columns);
  std::string body;
  double top = 0;
  for (std::size_t i = 0; i < panels.size(); i += columns) {
    double height = 0;
    for (std::size_t k = i; k < std::min(panels.size(), i + columns); ++k) {
      height = std::max(height, panel_height(panels[k]));
      body += fmt::format("<g transform=\"translate({:.1f} {:.1f})\">\n", panel_width * static_cast<double>(k - i), top);
      draw(panels[k], k, body);
      body += "</g>\n";
    }
    top += height;
  }
  const double width = panel_width * static_cast<double>(across);
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" aria-label=\"predicted against measured values\">\n"
                     "<style>text{{font:11px system-ui,sans-serif;fill:#222}}.title{{font-size:15px;font-weight:600}}.quiet,.tick{{fill:#555}}.tick{{font-size:10px}}.grid{{stroke:#c4ccd4;stroke-width:.5;fill:none}}</style>\n"
                     "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{2}</svg>\n",
                     width, std::max(top, 40.0), body);
}

}  // namespace mlsysim::render
