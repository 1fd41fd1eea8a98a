#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim {

std::string_view name(Timeline::Kind kind) {
  constexpr std::string_view names[] = {"forward", "backward", "weight_gradient", "communication", "optimizer"};
  return names[static_cast<std::size_t>(kind)];
}

namespace render {
namespace {

using Kind = Timeline::Kind;
constexpr std::size_t kinds = 5;
constexpr int cells = 80;
constexpr std::string_view words[kinds] = {"forward", "backward", "weight gradients", "gradient communication", "optimizer"};
constexpr std::string_view ansi[kinds] = {"\033[44;97m", "\033[42;30m", "\033[45;97m", "\033[43;30m", "\033[41;97m"};
// Okabe and Ito, "Color Universal Design", 2008.
constexpr std::string_view fills[kinds] = {"#56B4E9", "#009E73", "#CC79A7", "#E69F00", "#D55E00"};

std::array<bool, kinds> used(Timeline const& t) {
  std::array<bool, kinds> all{};
  for (auto const& lane : t.lanes)
    for (auto const& s : lane.slots) all[static_cast<std::size_t>(s.kind)] = true;
  return all;
}

/// The shortest slot which belongs to a micro-batch.
double shortest(Timeline const& t) {
  double least = t.length;
  for (auto const& lane : t.lanes)
    for (auto const& s : lane.slots)
      if (s.micro_batch >= 0) least = std::min(least, s.end - s.start);
  return least;
}

/// What a cell of time is spent on most; null where it is idle.
Timeline::Slot const* most(Timeline::Lane const& lane, double from, double to) {
  Timeline::Slot const* best = nullptr;
  double longest = 0, busy = 0;
  auto s = std::lower_bound(lane.slots.begin(), lane.slots.end(), from, [](auto const& slot, double t) { return slot.end <= t; });
  for (; s != lane.slots.end() && s->start < to; ++s) {
    const double here = std::min(s->end, to) - std::max(s->start, from);
    busy += here;
    if (here > longest) longest = here, best = &*s;
  }
  return busy >= (to - from) / 2 ? best : nullptr;
}

char letter(Timeline::Slot const& s, bool numbered) {
  switch (s.kind) {
    case Kind::forward: return numbered ? static_cast<char>('0' + s.micro_batch % 10) : 'F';
    case Kind::backward: return numbered ? static_cast<char>('a' + s.micro_batch % 26) : 'B';
    case Kind::weight_gradient: return 'w';
    case Kind::communication: return '=';
    case Kind::optimizer: return '#';
  }
  return '?';
}

std::string seconds(double t) { return display(t, Dimension("s"), 3); }

}  // namespace

std::string text(Timeline const& t, TextStyle const& style) {
  const bool numbered = shortest(t) * cells >= t.length;
  std::size_t wide = 0;
  for (auto const& lane : t.lanes) wide = std::max(wide, display_width(lane.name));
  std::string out = t.title + "\n" + (t.subtitle.empty() ? "" : t.subtitle + "\n") + "\n";
  for (auto const& lane : t.lanes) {
    out += "  " + lane.name + std::string(wide - display_width(lane.name), ' ') + (style.unicode ? " │" : " |");
    std::string_view colour;
    for (int i = 0; i < cells; ++i) {
      Timeline::Slot const* s = most(lane, t.length * i / cells, t.length * (i + 1) / cells);
      const std::string_view wanted = s && style.colour ? ansi[static_cast<std::size_t>(s->kind)] : std::string_view{};
      if (wanted != colour) out += fmt::format("{}{}", colour.empty() ? "" : "\033[0m", wanted), colour = wanted;
      if (s) out += letter(*s, numbered);
      else out += style.unicode ? "·" : ".";
    }
    if (!colour.empty()) out += "\033[0m";
    out += fmt::format("{} {:.1f} % idle\n", style.unicode ? "│" : "|", t.length > 0 ? 100 * (1 - lane.busy / t.length) : 0.0);
  }
  out += fmt::format("  {}0{:>{}}\n\n", std::string(wide + 2, ' '), seconds(t.length), cells - 1);
  const auto all = used(t);
  std::vector<std::string> legend;
  if (all[0]) legend.push_back(numbered ? "0-9 forward, by micro-batch" : "F forward");
  if (all[1]) legend.push_back(numbered ? "a-z backward, by micro-batch" : "B backward");
  if (all[2]) legend.emplace_back("w weight gradients");
  if (all[3]) legend.emplace_back("= gradients between replicas");
  if (all[4]) legend.emplace_back("# optimizer");
  legend.push_back(style.unicode ? "· idle" : ". idle");
  std::string line = " ";
  for (auto const& l : legend) {
    if (line.size() + l.size() > 96) out += line + "\n", line = " ";
    line += " " + l + (&l == &legend.back() ? "" : ";");
  }
  return out + line + "\n";
}

std::string svg(Timeline const& t) {
  constexpr double left = 70, top = 64, width = 1000, lane_height = 24, gap = 4;
  const double bottom = top + static_cast<double>(t.lanes.size()) * (lane_height + gap);
  const auto x = [&](double s) { return left + (t.length > 0 ? s / t.length * width : 0); };
  std::string body = fmt::format("<text x=\"{}\" y=\"22\" class=\"title\">{}</text>\n<text x=\"{}\" y=\"42\" class=\"quiet\">{}</text>\n", left, escaped(t.title), left, escaped(t.subtitle));
  for (std::size_t i = 0; i < t.lanes.size(); ++i) {
    const double y = top + static_cast<double>(i) * (lane_height + gap);
    body += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 8, y + 16, escaped(t.lanes[i].name));
    body += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#eef1f4\"/>\n", left, y, width, lane_height);
    for (auto const& s : t.lanes[i].slots) {
      const double from = x(s.start), w = x(s.end) - from;
      const auto k = static_cast<std::size_t>(s.kind);
      const std::string what = s.micro_batch >= 0 ? fmt::format("{} of micro-batch {}", words[k], s.micro_batch) : std::string(words[k]);
      body += fmt::format("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\" fill=\"{}\"{}><title>{}, {} to {}</title></rect>\n", from, y, w, lane_height, fills[k], w > 4 ? " stroke=\"#fff\" stroke-width=\".6\"" : "", what,
                          seconds(s.start), seconds(s.end));
      if (s.micro_batch >= 0 && w > 8 + 7.0 * static_cast<double>(fmt::formatted_size("{}", s.micro_batch)))
        body += fmt::format("<text x=\"{:.2f}\" y=\"{:.1f}\" text-anchor=\"middle\" class=\"in\">{}</text>\n", from + w / 2, y + 16, s.micro_batch);
    }
  }
  std::vector<double> ticks;
  const double step = round_step(t.length / 5, Dimension("s"));
  for (int i = 0; step * (i + 0.5) < t.length; ++i) ticks.push_back(step * i);
  ticks.push_back(t.length);
  for (double at : ticks) {
    body += fmt::format("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" stroke=\"#8a949e\"/>\n", x(at), bottom, bottom + 5);
    body += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"quiet\" text-anchor=\"{}\">{}</text>\n", x(at), bottom + 18, at == 0 ? "start" : at == t.length ? "end" : "middle", at == 0 ? "0" : seconds(at));
  }
  double at = left;
  const auto all = used(t);
  for (std::size_t k = 0; k < kinds; ++k) {
    if (!all[k]) continue;
    body += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" fill=\"{}\"/>\n<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", at, bottom + 32, fills[k], at + 17, bottom + 42, words[k]);
    at += 40 + 6.4 * static_cast<double>(words[k].size());
  }
  body += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" fill=\"#eef1f4\" stroke=\"#8a949e\" stroke-width=\".5\"/>\n<text x=\"{:.1f}\" y=\"{:.1f}\">idle</text>\n", at, bottom + 32, at + 17, bottom + 42);
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" aria-label=\"timeline of one training step\">\n"
                     "<style>text{{font:12px system-ui,sans-serif;fill:#222}}.title{{font-size:15px;font-weight:600}}.quiet{{fill:#555}}.in{{font-size:11px;fill:#fff;font-weight:600}}</style>\n"
                     "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{2}</svg>\n",
                     left + width + 30, bottom + 60, body);
}

std::string trace(Timeline const& t) {
  auto events = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < t.lanes.size(); ++i) {
    events.push_back({{"name", "process_name"}, {"ph", "M"}, {"pid", i}, {"args", {{"name", t.lanes[i].name}}}});
    for (auto const& s : t.lanes[i].slots) {
      nlohmann::ordered_json e{{"name", s.micro_batch >= 0 ? fmt::format("{} {}", name(s.kind), s.micro_batch) : std::string(name(s.kind))}, {"cat", name(s.kind)}, {"ph", "X"}, {"ts", s.start * 1e6}, {"dur", (s.end - s.start) * 1e6}, {"pid", i}, {"tid", 0}};
      if (s.micro_batch >= 0) e["args"] = {{"micro_batch", s.micro_batch}, {"chunk", s.chunk}};
      events.push_back(std::move(e));
    }
  }
  return nlohmann::ordered_json{{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}}.dump(1) + "\n";
}

}  // namespace render
}  // namespace mlsysim
