#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common.hpp"
#include "mlsysim/render/explanation.hpp"
#include "mlsysim/render/lesson.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::render {
namespace {

struct Bar {
  std::string label, value;
  double share = 0;   ///< of the full width
  int colour = 0;     ///< index; -1: what is left, -2: beyond a limit
};
struct Chart {
  std::string title, full;  ///< what the full width means
  std::vector<Bar> bars;
};

Section const* section(Report const& r, std::string_view id) {
  for (auto const& s : r.sections)
    if (s.id == id) return &s;
  return nullptr;
}

std::size_t column(Table const& t, std::string_view id) {
  for (std::size_t i = 0; i < t.columns.size(); ++i)
    if (t.columns[i].id == id) return i;
  return t.columns.size();
}

void time_of_step(Report const& r, std::vector<Chart>& out) {
  auto const* s = section(r, "distributed");
  Metric const* step = s ? s->find_metric("step_time") : nullptr;
  if (!step || !(step->value > 0)) return;
  Chart c{"Time of a step", display(step->value, step->dimension), {}};
  int colour = 0;
  for (auto const& m : s->metrics) {
    const bool part = m.id == "compute" || m.id.ends_with("_communication") || m.id == "bubble" || m.id == "optimizer" || m.id == "data_loading";
    if (!part) continue;
    ++colour;
    if (m.value > 0) c.bars.push_back({m.label, display(m.value, m.dimension), m.value / step->value, colour - 1});
  }
  out.push_back(std::move(c));
}

void time_of_pass(Report const& r, std::vector<Chart>& out) {
  auto const* s = section(r, "performance");
  if (!s) return;
  for (auto const& t : s->tables) {
    const auto share = column(t, "share"), time = column(t, "time");
    if (t.id != "operators" || share == t.columns.size() || time == t.columns.size()) continue;
    std::vector<std::vector<Cell> const*> rows;
    double all = 0;
    for (auto const& row : t.rows) rows.push_back(&row), all += row[time].number;
    std::stable_sort(rows.begin(), rows.end(), [&](auto const* a, auto const* b) { return (*a)[share].number > (*b)[share].number; });
    constexpr std::size_t most = 8;
    Chart c{"Time of the pass by operator", display(all, Dimension("s")), {}};
    double rest = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i >= most) rest += (*rows[i])[time].number;
      else c.bars.push_back({(*rows[i])[0].text, display((*rows[i])[time].number, Dimension("s")), (*rows[i])[time].number / all, 0});
    }
    if (rest > 0) c.bars.push_back({fmt::format("{} others", rows.size() - most), display(rest, Dimension("s")), rest / all, -1});
    out.push_back(std::move(c));
  }
}

void memory(Report const& r, std::vector<Chart>& out) {
  auto const* s = section(r, "memory");
  if (!s) return;
  for (auto const& capacity : s->metrics) {
    if (!capacity.id.ends_with("_capacity") || !(capacity.value > 0)) continue;
    const std::string kind = capacity.id.substr(0, capacity.id.size() - 9);
    Metric const* needed = s->find_metric(kind + "_needed");
    const double full = std::max(capacity.value, needed ? needed->value : 0);
    Chart c{"Memory of one device: " + kind, display(full, Dimension("B")), {}};
    double used = 0;
    int colour = 0;
    for (auto const& m : s->metrics) {
      if (m.dimension != Dimension("B") || !m.note.starts_with("in " + kind) || !(m.value > 0)) continue;
      c.bars.push_back({m.label, display(m.value, m.dimension), m.value / full, colour++});
      used += m.value;
    }
    if (c.bars.empty()) continue;
    const double left = capacity.value - (needed ? needed->value : used);
    if (left >= 0) c.bars.push_back({"free", display(left, Dimension("B")), left / full, -1});
    else c.bars.push_back({"missing", display(-left, Dimension("B")), -left / full, -2});
    out.push_back(std::move(c));
  }
}

void limits(Report const& r, std::vector<Chart>& out) {
  Chart c{"How much of each limit is used", "the limit", {}};
  for (auto const& level : r.card.levels)
    for (auto const& check : level.checks) {
      if (check.verdict == Verdict::not_judged || check.limit == 0 || !std::isfinite(check.value) || !std::isfinite(check.limit)) continue;
      const double used = check.at_most ? check.value / check.limit : check.value > 0 ? check.limit / check.value : 2;
      c.bars.push_back({check.label, check_text(check), used, check.verdict == Verdict::fail ? -2 : 2});
    }
  if (!c.bars.empty()) out.push_back(std::move(c));
}

std::vector<Chart> charts(Report const& r) {
  std::vector<Chart> out;
  time_of_step(r, out), time_of_pass(r, out), memory(r, out), limits(r, out);
  return out;
}

std::string plain(std::string_view text, bool unicode) {
  std::string out;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (unicode || u < 0x80) out += c;
    else if ((u & 0xC0U) == 0xC0U) out += '?';
  }
  return out;
}

}  // namespace

std::string breakdown(Report const& report, TextStyle const& style) {
  constexpr int width = 40;
  std::string out;
  for (auto const& c : charts(report)) {
    out += (out.empty() ? "" : "\n") + (style.colour ? "\033[1m" + c.title + "\033[0m" : c.title) + fmt::format("  (full width: {})\n", c.full);
    std::size_t labels = 0, values = 0;
    for (auto const& b : c.bars) labels = std::max(labels, display_width(plain(b.label, style.unicode))), values = std::max(values, b.value.size());
    for (auto const& b : c.bars) {
      const int full = std::clamp(static_cast<int>(b.share * width + 0.5), b.share > 0 ? 1 : 0, width);
      std::string bar;
      for (int i = 0; i < width; ++i) {
        const bool on = i < full, beyond = b.share > 1 && i == width - 1;
        bar += beyond ? ">" : on ? (style.unicode ? (b.colour == -1 ? "▒" : "█") : (b.colour == -1 ? "-" : "#")) : (style.unicode ? "·" : ".");
      }
      if (style.colour) bar = fmt::format("\033[{}m{}\033[0m", b.colour == -2 ? 31 : b.colour == -1 ? 2 : 34 + b.colour % 3, bar);
      const std::string label = plain(b.label, style.unicode);
      out += fmt::format("  {}{} {} {:>5.1f} %  {}\n", label, std::string(labels - display_width(label), ' '), bar, 100 * b.share, plain(b.value, style.unicode));
    }
  }
  return out;
}

std::string breakdown_svg(Report const& report) {
  // Okabe and Ito, "Color Universal Design", 2008.
  constexpr std::string_view colours[] = {"#0072B2", "#56B4E9", "#009E73", "#E69F00", "#CC79A7", "#555555", "#D55E00", "#999933"};
  constexpr double left = 230, full = 340, width = 840, row = 24;
  std::string body;
  double y = 78;
  if (auto const* s = section(report, "performance"))
    if (const std::string drawing = roofline_drawing(*s, y - 12, width); !drawing.empty()) body += drawing, y += roofline_height;
  for (auto const& c : charts(report)) {
    body += fmt::format("<text x=\"20\" y=\"{:.0f}\" class=\"h\">{}</text><text x=\"{:.0f}\" y=\"{:.0f}\" class=\"d\" text-anchor=\"end\">{}</text>\n", y, escaped(c.title), left + full, y, escaped(c.full));
    y += 12;
    for (auto const& b : c.bars) {
      const double length = full * std::clamp(b.share, 0.0, 1.0);
      const std::string_view fill = b.colour == -2 ? "#D55E00" : b.colour == -1 ? "#dddddd" : colours[static_cast<std::size_t>(b.colour) % std::size(colours)];
      body += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>", left - 8, y + 15, escaped(b.label));
      body += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" height=\"16\" fill=\"#f3f3f3\"/>", left, y + 3, full);
      body += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"16\" fill=\"{}\"><title>{}: {} ({:.1f} %)</title></rect>", left, y + 3, std::max(length, b.share > 0 ? 1.0 : 0.0), fill, escaped(b.label), escaped(b.value), 100 * b.share);
      if (b.share > 1) body += fmt::format("<path d=\"M{0:.0f} {1:.0f}l10 8l-10 8z\" fill=\"#D55E00\"/>", left + full, y + 3);
      body += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n", left + full + 14, y + 15, escaped(fmt::format("{:.1f} %  {}", 100 * b.share, b.value)));
      y += row;
    }
    y += 30;
  }
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
                     "<style>.h{{font-weight:bold;font-size:14px}}.d{{fill:#666}}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
                     "<text x=\"20\" y=\"28\" font-size=\"17\" font-weight=\"bold\">{2}</text><text x=\"20\" y=\"45\" class=\"d\">{3}</text>\n{4}</svg>\n",
                     width, y, escaped(report.title.empty() ? report.summary : report.title), escaped(report.title.empty() || report.title == report.summary ? std::string() : report.summary), body);
}

}  // namespace mlsysim::render
