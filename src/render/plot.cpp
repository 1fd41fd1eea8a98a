#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::render {
namespace {

constexpr int columns = 68;
constexpr std::string_view ansi[] = {"\033[34m", "\033[31m", "\033[32m", "\033[35m", "\033[36m", "\033[33m", "\033[90m"};
constexpr double panel_width = 620, panel_height = 420, plot_left = 84, plot_top = 60, plot_width = 500, plot_height = 270;

/// An axis with room for all its numbers.
class Range {
 public:
  Range(Plot::Axis const& axis, std::vector<double> const& values) : axis_{axis} {
    double least = 1e300, most = -1e300;
    for (double v : values)
      if (usable(v)) least = std::min(least, v), most = std::max(most, v);
    if (least > most) least = axis.logarithmic ? 1 : 0, most = axis.logarithmic ? 10 : 1;
    if (axis.logarithmic) {
      low_ = least / 1.2, high_ = most * 1.2;
      // A flat line still needs an axis around it.
      if (high_ / low_ < 2) low_ /= 1.5, high_ *= 1.5;
    } else {
      low_ = std::min(0.0, least), high_ = most > low_ ? most + 0.05 * (most - low_) : low_ + 1;
    }
  }
  bool usable(double v) const { return std::isfinite(v) && (!axis_.logarithmic || v > 0); }
  double share(double v) const { return axis_.logarithmic ? std::log(v / low_) / std::log(high_ / low_) : (v - low_) / (high_ - low_); }
  double value(double share) const { return axis_.logarithmic ? low_ * std::pow(high_ / low_, share) : low_ + share * (high_ - low_); }

  /// Round numbers within the range.
  std::vector<double> ticks() const {
    std::vector<double> out;
    if (axis_.logarithmic) {
      const double decades = std::log10(high_ / low_);
      for (int e = static_cast<int>(std::floor(std::log10(low_))); e <= static_cast<int>(std::ceil(std::log10(high_))); ++e)
        for (double m : {1.0, 2.0, 5.0}) {
          if (m > 1 && decades > 3) continue;
          const double v = m * std::pow(10.0, e);
          if (v >= low_ && v <= high_) out.push_back(v);
        }
      return out;
    }
    const double step = round_step((high_ - low_) / 5, axis_.dimension);
    for (double v = std::ceil(low_ / step) * step; v <= high_ * (1 + 1e-9); v += step) out.push_back(std::abs(v) < step * 1e-9 ? 0 : v);
    return out;
  }
  std::string label(double v) const { return axis_.percent ? fmt::format("{:.3g} %", 100 * v) : display(v, axis_.dimension, 3); }

 private:
  Plot::Axis const& axis_;
  double low_ = 0, high_ = 1;
};

struct Axes {
  Range x, y;
  static std::vector<double> all(Plot const& p, double Plot::Point::*member) {
    std::vector<double> v;
    for (auto const& s : p.series)
      for (auto const& q : s.points) v.push_back(q.*member);
    if (member == &Plot::Point::y)
      for (auto const& r : p.rules) v.push_back(r.y);
    return v;
  }
  explicit Axes(Plot const& p) : x(p.x, all(p, &Plot::Point::x)), y(p.y, all(p, &Plot::Point::y)) {}
};

void draw(Plot const& p, std::string& out) {
  const Axes a(p);
  const auto x = [&](double v) { return plot_left + plot_width * a.x.share(v); };
  const auto y = [&](double v) { return plot_top + plot_height * (1 - a.y.share(v)); };
  out += fmt::format("<text x=\"{0}\" y=\"24\" class=\"title\">{1}</text>\n<text x=\"{0}\" y=\"43\" class=\"quiet\">{2}</text>\n", plot_left, escaped(p.title), escaped(p.subtitle));
  for (double t : a.x.ticks()) {
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}V{2:.1f}\" class=\"grid\"/>\n<text x=\"{0:.1f}\" y=\"{3:.1f}\" class=\"tick\" text-anchor=\"middle\">{4}</text>\n", x(t), plot_top, plot_top + plot_height, plot_top + plot_height + 16, escaped(a.x.label(t)));
  }
  for (double t : a.y.ticks())
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}H{2:.1f}\" class=\"grid\"/>\n<text x=\"{3:.1f}\" y=\"{4:.1f}\" class=\"tick\" text-anchor=\"end\">{5}</text>\n", plot_left, y(t), plot_left + plot_width, plot_left - 6, y(t) + 3.5, escaped(a.y.label(t)));
  for (auto const& r : p.rules)
    if (a.y.usable(r.y))
      out += fmt::format("<path d=\"M{0:.1f} {1:.1f}H{2:.1f}\" stroke=\"#333\" stroke-dasharray=\"5 4\" fill=\"none\"/>\n<text x=\"{3:.1f}\" y=\"{4:.1f}\" class=\"tick\">{5}</text>\n", plot_left, y(r.y), plot_left + plot_width, plot_left + 5, y(r.y) - 4, escaped(r.name));
  for (std::size_t i = 0; i < p.series.size(); ++i) {
    std::string path;
    auto const& points = p.series[i].points;
    for (auto const& q : points)
      if (a.x.usable(q.x) && a.y.usable(q.y)) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(q.x), y(q.y));
    const auto colour = colours[i % std::size(colours)];
    if (!path.empty()) out += fmt::format("<path d=\"{}\" stroke=\"{}\" stroke-width=\"1.8\" fill=\"none\" stroke-linejoin=\"round\"/>\n", path, colour);
    constexpr std::size_t few = 40;  // points which were computed one by one; curves have more
    if (points.size() <= few)
      for (auto const& q : points)
        if (a.x.usable(q.x) && a.y.usable(q.y))
          out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"><title>{}: {} at {}</title></circle>\n", x(q.x), y(q.y), colour, escaped(p.series[i].name), escaped(a.y.label(q.y)), escaped(a.x.label(q.x)));
  }
  out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#333\"/>\n", plot_left, plot_top, plot_width, plot_height);
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", plot_left + plot_width / 2, plot_top + plot_height + 34, escaped(p.x.label));
  out += fmt::format("<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", plot_top + plot_height / 2, escaped(p.y.label));
  double at = plot_left;
  for (std::size_t i = 0; i < p.series.size(); ++i) {
    const double row = plot_top + plot_height + 56;
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"14\" height=\"3\" fill=\"{}\"/>\n<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", at, row - 5, colours[i % std::size(colours)], at + 19, row, escaped(p.series[i].name));
    at += 40 + 6.2 * static_cast<double>(display_width(p.series[i].name));
  }
}

}  // namespace

std::string text(Plot const& p, TextStyle const& style, int rows) {
  const Axes a(p);
  const auto height = static_cast<std::size_t>(std::max(4, rows));
  std::vector<std::string> canvas(height, std::string(columns, ' '));
  std::vector<std::vector<std::size_t>> owner(height, std::vector<std::size_t>(columns, std::size(ansi)));
  const auto cell = [](double share, std::size_t n) { return static_cast<std::size_t>(std::clamp(share * static_cast<double>(n - 1) + 0.5, 0.0, static_cast<double>(n - 1))); };
  for (auto const& r : p.rules)
    if (a.y.usable(r.y)) canvas[height - 1 - cell(a.y.share(r.y), height)] = std::string(columns, '-');
  for (std::size_t i = p.series.size(); i-- > 0;) {
    auto const& points = p.series[i].points;
    Plot::Point const* before = nullptr;
    for (auto const& q : points) {
      if (!a.x.usable(q.x) || !a.y.usable(q.y)) continue;
      const std::size_t to = cell(a.x.share(q.x), columns), from = before ? std::min(to, cell(a.x.share(before->x), columns) + 1) : to;
      for (std::size_t c = from; c <= to; ++c) {
        const double along = before && to >= from && q.x != before->x ? std::clamp((static_cast<double>(c) / (columns - 1) - a.x.share(before->x)) / (a.x.share(q.x) - a.x.share(before->x)), 0.0, 1.0) : 1;
        const double at = before ? (1 - along) * a.y.share(before->y) + along * a.y.share(q.y) : a.y.share(q.y);
        const std::size_t row = height - 1 - cell(at, height);
        canvas[row][c] = static_cast<char>('a' + i % 26), owner[row][c] = i % std::size(ansi);
      }
      before = &q;
    }
  }
  std::string out = fmt::format("{}\n", p.title);
  if (!p.subtitle.empty()) out += p.subtitle + "\n";
  std::vector<std::string> labels(height);
  for (double t : a.y.ticks())
    if (auto& l = labels[height - 1 - cell(a.y.share(t), height)]; l.empty()) l = a.y.label(t);
  for (std::size_t r = 0; r < height; ++r) {
    std::string line = fmt::format("  {:>11} {} ", labels[r], style.unicode ? "│" : "|");
    std::size_t ink = std::size(ansi);
    const auto last = canvas[r].find_last_not_of(' ');
    for (std::size_t c = 0; last != canvas[r].npos && c <= last; ++c) {
      const std::size_t wanted = style.colour ? owner[r][c] : std::size(ansi);
      if (wanted != ink) line += fmt::format("{}{}", ink < std::size(ansi) ? "\033[0m" : "", wanted < std::size(ansi) ? ansi[wanted] : ""), ink = wanted;
      line += canvas[r][c];
    }
    if (ink < std::size(ansi)) line += "\033[0m";
    while (line.ends_with(' ')) line.pop_back();
    out += line + '\n';
  }
  std::string rule = fmt::format("  {:>11} {}", "", style.unicode ? "└" : "+"), ticks(columns + 30, ' ');
  for (int i = 0; i <= columns; ++i) rule += style.unicode ? "─" : "-";
  std::size_t free = 0;
  for (double t : a.x.ticks()) {
    const std::string label = a.x.label(t);
    const std::size_t at = 16 + cell(a.x.share(t), columns);
    if (at < free || at + label.size() > ticks.size()) continue;
    ticks.replace(at, label.size(), label);
    free = at + label.size() + 2;
  }
  ticks.erase(ticks.find_last_not_of(' ') + 1);
  out += rule + '\n' + ticks + "  " + p.x.label + "\n ";
  for (std::size_t i = 0; i < p.series.size(); ++i)
    out += fmt::format(" {}{}{} {}{}", style.colour ? ansi[i % std::size(ansi)] : std::string_view{}, static_cast<char>('a' + i % 26), style.colour ? "\033[0m" : "", p.series[i].name, i + 1 < p.series.size() ? "," : "");
  for (auto const& r : p.rules) out += fmt::format("; --- {}", r.name);
  return out + '\n';
}

std::string svg(std::span<const Plot> panels) {
  constexpr std::size_t across_most = 2;
  const std::size_t across = std::clamp<std::size_t>(panels.size(), 1, across_most), down = (panels.size() + across - 1) / across;
  std::string body;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    body += fmt::format("<g transform=\"translate({:.1f} {:.1f})\">\n", panel_width * static_cast<double>(i % across), panel_height * static_cast<double>(i / across));
    draw(panels[i], body);
    body += "</g>\n";
  }
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" aria-label=\"{3}\">\n"
                     "<style>text{{font:11px system-ui,sans-serif;fill:#222}}.title{{font-size:15px;font-weight:600}}.quiet,.tick{{fill:#555}}.tick{{font-size:10px}}.grid{{stroke:#dde3e8;stroke-width:.7;fill:none}}</style>\n"
                     "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{2}</svg>\n",
                     panel_width * static_cast<double>(across), panel_height * static_cast<double>(std::max<std::size_t>(down, 1)), body, panels.empty() ? "" : escaped(panels[0].title));
}

}  // namespace mlsysim::render
