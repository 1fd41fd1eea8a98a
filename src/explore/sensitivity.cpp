#include "mlsysim/explore/sensitivity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mlsysim::explore {
namespace {

constexpr double step = 1.01;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Numbers of which no formula is made.
bool only_described(std::string_view path) {
  for (std::string_view leaf : {".year", ".seed", ".transistors", ".index"})
    if (path.ends_with(leaf)) return true;
  return path.find(".published.") != path.npos || path.find(".residuals.") != path.npos || path.starts_with("limits.");
}

/// A calibration as fields, each with a label which says whose row it is.
struct Named {
  Field field;
  std::string label;
};
std::vector<Named> fields_of(solvers::Calibration& c, char const* what) {
  std::vector<Named> out;
  const auto rows = [&](auto& list, char const* name, auto&& label) {
    for (std::size_t i = 0; i < list.size(); ++i)
      for (auto& f : explore::fields_of([row = &list[i]](Fields& walk) { describe(*row, walk); })) {
        f.path = fmt::format("{}.{}.{}.{}", what, name, i, f.path);
        out.push_back({f, fmt::format("{}: {}", label(list[i]), f.path.substr(f.path.rfind('.') + 1))});
      }
  };
  rows(c.operators, "operators", [](solvers::CalibrationRow const& r) {
    const std::string of = !r.device.empty() ? r.device : !r.family.empty() ? r.family : std::string("usual");
    return fmt::format("measured {} on {}", workload::name(r.kind), of);
  });
  rows(c.collectives, "collectives", [](solvers::CollectiveRow const& r) { return fmt::format("measured {} links", names_of(r.link)[static_cast<std::size_t>(r.link)]); });
  return out;
}

}  // namespace

Sensitivity sensitivity(registry::Catalogue const& catalogue, io::Document const& document, std::string const& metric) {
  Design design(catalogue, document);
  auto& e = design.evaluator();
  e.evaluate();
  Sensitivity out;
  if (metric.empty()) {
    out.metric = e.headline().front();
  } else if (const auto found = e.find(metric)) {
    out.metric = *found;
  } else {
    const auto known = e.metrics();
    const std::vector<std::string_view> names(known.begin(), known.end());
    std::string list;
    for (auto const& n : nearest(metric, names, 3)) list += (list.empty() ? "; nearest: " : ", ") + n;
    throw InputError({{313, fmt::format("the scenario has no metric '{}'{}", metric, list), {}, "", "`mlsysim eval SCENARIO --format csv` lists the paths"}});
  }
  out.value = e.value(out.metric);
  if (!(std::abs(out.value) > 0))
    throw InputError({{317, fmt::format("'{}' is no number which could change{}", out.metric.path, e.reason().empty() ? "" : ": " + e.reason()), {}, "", "name a metric which this scenario has; `mlsysim eval SCENARIO` shows them"}});

  // Metric at a value of the parameter, relative to what it is.
  const auto at = [&](Handle& handle, Field const& f, double v) {
    if (!f.allows(v) || v <= 0) return none;
    handle.set(v);
    e.calibration_changed();
    if (e.evaluate() != scenario::Status::evaluated) return none;
    return e.value(out.metric) / out.value;
  };
  const auto influence = [&](Field const& f, std::string label) {
    if (!f.number() || !f.value.present || !(f.value.number > 0) || only_described(f.path)) return;
    Influence i;
    i.path = f.path;
    i.label = std::move(label);
    i.value = f.value.number;
    i.dimension = f.value.dimension;
    i.discrete = f.value.kind == Scalar::Kind::integer;
    Handle handle(f);
    const double v = i.value;
    i.larger = v * step, i.smaller = v / step;
    if (i.discrete) i.larger = v + std::max(1.0, std::round(0.01 * v)), i.smaller = v - std::max(1.0, std::round(0.01 * v));
    i.up = at(handle, f, i.larger);
    i.down = at(handle, f, i.smaller);
    if (i.discrete && std::isnan(i.up)) i.up = at(handle, f, i.larger = 2 * v);
    if (i.discrete && std::isnan(i.down)) i.down = at(handle, f, i.smaller = std::floor(v / 2));
    handle.put_back();
    if (std::isnan(i.up)) i.larger = none;
    if (std::isnan(i.down)) i.smaller = none;
    const bool up = i.up > 0, down = i.down > 0;
    if (!up && !down) {
      ++out.not_judged;
      return;
    }
    const double upper = up ? std::log(i.up) : 0, lower = down ? std::log(i.down) : 0;
    const double wide = std::log(up ? i.larger : v) - std::log(down ? i.smaller : v);
    i.elasticity = (upper - lower) / wide;
    // Ends which are a rounding apart from one are no effect.
    if (std::abs(upper) < 1e-12 && std::abs(lower) < 1e-12) ++out.without_effect;
    else out.influences.push_back(std::move(i));
  };
  for (auto const& f : design.fields()) influence(f, "");
  for (auto* c : {&design.loaded().operators, &design.loaded().collectives})
    for (auto const& n : fields_of(*c, "calibration")) influence(n.field, n.label);
  std::stable_sort(out.influences.begin(), out.influences.end(), [](Influence const& a, Influence const& b) { return std::abs(a.elasticity) > std::abs(b.elasticity); });
  return out;
}

}  // namespace mlsysim::explore
