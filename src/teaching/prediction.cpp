#include "mlsysim/teaching/prediction.hpp"

#include <fmt/format.h>

#include <cmath>

#include "mlsysim/describe/diagnostic.hpp"
#include "mlsysim/teaching/glossary.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::teaching {
namespace {

constexpr std::string_view bottlenecks[] = {"compute", "memory", "dispatch", "streaming", "capacity"};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == text.npos ? std::string() : std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

[[noreturn]] void refuse(int code, std::string message, std::string help) { throw InputError({{code, std::move(message), {}, "", std::move(help)}}); }

/// The path of the metric which somebody means: itself, its last part, or a term.
std::string path_of(Report const& r, std::string const& what) {
  const auto all = r.metrics();
  for (auto const& [path, m] : all)
    if (path == what) return path;
  for (auto const& [path, m] : all)
    if (m->id == what) return path;
  if (Term const* t = term(what))
    for (auto const& path : t->metrics)
      if (r.metric(path)) return std::string(path);
  // Whoever says latency of a service means that of a request, and of training a step.
  if (what == "latency")
    for (auto path : {"serving.request_latency", "distributed.step_time"})
      if (r.metric(path)) return path;
  std::vector<std::string_view> names{"bottleneck", "verdict"};
  for (auto const& [path, m] : all) names.push_back(path), names.push_back(m->id);
  std::string near;
  for (auto const& n : nearest(what, names, 3)) near += (near.empty() ? "nearest: " : ", ") + n;
  refuse(330, fmt::format("no number '{}' in this result", what), near.empty() ? "write the path of a metric, as `mlsysim explain SCENARIO` lists them" : near);
}

std::string shown(double value, Dimension const& dimension, bool percent) { return percent ? fmt::format("{:.3g} %", 100 * value) : display(value, dimension); }

}  // namespace

std::vector<Prediction> parse_predictions(std::string_view text) {
  std::vector<Prediction> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto item = text.substr(0, comma);
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
    if (trimmed(item).empty()) continue;
    const auto equals = item.find('=');
    Prediction p{trimmed(item.substr(0, equals)), equals == item.npos ? std::string() : trimmed(item.substr(equals + 1))};
    if (p.what.empty() || p.text.empty()) refuse(331, fmt::format("'{}' predicts nothing", trimmed(item)), "write what = value, e.g. --predict bottleneck=memory,latency=5ms");
    out.push_back(std::move(p));
  }
  if (out.empty()) refuse(331, "nothing is predicted", "write e.g. --predict bottleneck=memory,latency=5ms");
  return out;
}

std::vector<std::string> questions(Report const& r) {
  std::vector<std::string> out;
  if (!r.card.binding.empty()) out.emplace_back("bottleneck");
  if (!r.card.headline.empty()) out.push_back(r.card.headline);
  for (auto const& level : r.card.levels)
    for (auto const& c : level.checks)
      if (c.verdict != Verdict::not_judged) {
        out.emplace_back("verdict");
        return out;
      }
  return out;
}

Section judge(Report const& r, std::vector<Prediction> const& predictions) {
  const auto column = [](char const* id) { return Column{id, id, {}, true, false, {}}; };
  Table t{"predictions", "", {column("what"), column("predicted"), column("computed"), column("gap"), {"factor", "computed / predicted", {}, false, false, {}}}, {}};
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  for (auto const& p : predictions) {
    if (p.what == "bottleneck") {
      const std::string wanted = normalised(p.text);
      bool known = false;
      for (auto b : bottlenecks) known = known || wanted.find(b) != wanted.npos;
      if (!known) refuse(331, fmt::format("'{}' is no bottleneck", p.text), "compute, memory, dispatch, streaming or capacity");
      std::string word;
      for (auto b : bottlenecks)
        if (wanted.find(b) != wanted.npos) word = b;
      const bool right = normalised(r.card.binding).find(word) != std::string::npos;
      t.rows.push_back({{0, p.what}, {0, p.text}, {0, r.card.binding}, {0, right ? "right" : "another one"}, {none, {}}});
      continue;
    }
    if (p.what == "verdict") {
      const std::string is = r.card.verdict == Verdict::fail ? "fail" : "pass";
      if (p.text != "pass" && p.text != "fail") refuse(331, fmt::format("'{}' is no verdict", p.text), "pass or fail");
      t.rows.push_back({{0, p.what}, {0, p.text}, {0, is}, {0, p.text == is ? "right" : "the other one"}, {none, {}}});
      continue;
    }
    const std::string path = path_of(r, p.what);
    Metric const& m = *r.metric(path);
    const auto q = parse_quantity(p.text);
    if (q.error != QuantityTextError::none && q.error != QuantityTextError::no_unit) refuse(331, fmt::format("'{}' is not a quantity", p.text), fmt::format("write a number with a unit, e.g. {}=5 {}", p.what, m.dimension.unit()));
    if (!(q.dimension() == m.dimension)) refuse(331, fmt::format("{} is measured in {}, but '{}' is not", path, m.dimension.unit() == "1" ? "plain numbers or %" : std::string(m.dimension.unit()), p.text), fmt::format("write it in {}", m.dimension.unit()));
    const double predicted = q.base_value(), factor = m.value / predicted;
    std::string gap;
    if (m.interval && predicted >= m.interval->low && predicted <= m.interval->high) gap = "within the 90 % interval";
    else if (!(factor > 0) || !std::isfinite(factor)) gap = "cannot be compared";
    else if (std::abs(factor - 1) <= 0.1) gap = "close";
    else gap = fmt::format("{} by a factor of {:.3g}", factor > 1 ? "too low" : "too high", factor > 1 ? factor : 1 / factor);
    t.rows.push_back({{0, path}, {0, shown(predicted, m.dimension, m.percent)}, {0, shown(m.value, m.dimension, m.percent)}, {0, gap}, {std::isfinite(factor) ? factor : none, {}}});
  }
  Section s{"prediction", "Prediction, made before the result was shown", {}, {}, {}, {}, {}};
  s.tables.push_back(std::move(t));
  return s;
}

}  // namespace mlsysim::teaching
