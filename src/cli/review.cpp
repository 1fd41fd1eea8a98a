#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "commands.hpp"
#include "mlsysim/render/explanation.hpp"
#include "mlsysim/teaching/audit.hpp"
#include "mlsysim/teaching/diff.hpp"
#include "mlsysim/teaching/lint.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::cli {
namespace {

scenario::Loaded loaded(std::string const& file, registry::Catalogue const& catalogue) {
  std::vector<Diagnostic> problems;
  const auto document = open_scenario(file);
  auto l = scenario::load(catalogue, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  return l;
}

std::string shown(double value, Dimension const& dimension, bool percent) { return !std::isfinite(value) ? "unbounded" : percent ? fmt::format("{:.3g} %", 100 * value) : display(value, dimension); }
/// A difference with its sign.
std::string signed_text(double value, Dimension const& dimension, bool percent) {
  const std::string sign = value < 0 ? "-" : "+";
  return sign + (percent ? fmt::format("{:.3g} points", 100 * std::abs(value)) : display(std::abs(value), dimension));
}

}  // namespace

int audit(AuditOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const auto policy = static_cast<teaching::Policy>(std::find(teaching::policy_name.begin(), teaching::policy_name.end(), o.require) - teaching::policy_name.begin());
  std::vector<teaching::Audited> numbers;
  std::string of;
  if (o.scenario.empty()) {
    numbers = teaching::audit(catalogue);
    of = fmt::format("{} numbers of {} entries; registry {} of {}", numbers.size(), catalogue.entries().size(), catalogue.hash().substr(0, 12), catalogue.date());
  } else {
    const auto l = loaded(o.scenario, catalogue);
    numbers = teaching::audit(scenario::evaluate(l), l.today);
    of = fmt::format("{} numbers behind the metrics of {}", numbers.size(), o.scenario);
  }
  std::vector<teaching::Audited> violations, remarkable;
  for (auto const& a : numbers) {
    if (!teaching::satisfies(a, policy)) violations.push_back(a);
    if (a.standing == teaching::Standing::unverified || a.standing == teaching::Standing::unsourced || a.stale || a.undated) remarkable.push_back(a);
  }
  if (common.format != "text") {
    write(teaching::audit_table(numbers), common);
    return violations.empty() ? done : verdict_no;
  }
  std::string out = of + "\n\n" + render::text(teaching::audit_summary(numbers), style(common));
  const auto list = [&](char const* title, auto const& chosen) {
    std::vector<teaching::Audited> some;
    for (auto const& a : remarkable)
      if (chosen(a)) some.push_back(a);
    if (some.empty()) return;
    constexpr std::size_t most = 12;
    const std::size_t all = some.size();
    if (!common.all && all > most) some.resize(most);
    out += fmt::format("\n{} ({})\n", title, all);
    for (auto const& a : some) out += fmt::format("  {} = {}{}{}\n", a.fact.path, a.fact.as_written, a.fact.as_of.empty() ? "" : ", as of " + a.fact.as_of, a.source.empty() ? "" : "  [" + a.source + "]");
    if (some.size() < all) out += fmt::format("  ... {} more with --all\n", all - some.size());
  };
  using S = teaching::Standing;
  list("Without a source", [](auto const& a) { return a.standing == S::unsourced; });
  list("Unverified: nobody here has opened the source", [](auto const& a) { return a.standing == S::unverified; });
  list("Stale: prices older than one year, grid factors older than three", [](auto const& a) { return a.stale; });
  list("Undated prices and grid factors", [](auto const& a) { return a.undated; });
  if (policy != teaching::Policy::none) out += violations.empty() ? fmt::format("\nall numbers are {}\n", o.require) : fmt::format("\n{} of {} numbers are not {}\n", violations.size(), numbers.size(), o.require);
  write(out, common);
  return violations.empty() ? done : verdict_no;
}

int diff(DiffOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  const auto a = open_scenario(o.before), b = open_scenario(o.after);
  const auto d = teaching::diff(catalogue, a, b);
  const auto cause = [&](std::uint32_t changes) {
    std::string out;
    for (std::size_t i = 0; i < d.changes.size() && i < 32; ++i)
      if (changes >> i & 1U) out += (out.empty() ? "" : " + ") + d.changes[i].path;
    return out;
  };
  for (auto const& wanted : o.metrics) {
    if (std::any_of(d.results.begin(), d.results.end(), [&](auto const& m) { return m.metric == wanted; })) continue;
    std::vector<std::string_view> names;
    for (auto const& m : d.results) names.push_back(m.metric);
    std::string near;
    for (auto const& n : nearest(wanted, names, 3)) near += (near.empty() ? "nearest: " : ", ") + n;
    throw InputError({{330, fmt::format("no number '{}' in both results", wanted), {}, "", near.empty() ? "`--all` shows the metrics of both" : near}});
  }
  const auto is_wanted = [&](teaching::Moved const& m) {
    if (!o.metrics.empty()) return std::find(o.metrics.begin(), o.metrics.end(), m.metric) != o.metrics.end();
    return m.before != m.after;
  };
  const bool no = d.after.card.verdict == Verdict::fail && !o.exit_zero;
  if (common.format != "text") {
    Table t{"difference", "", {text_column("metric"), text_column("cause"), {"before", "before", {}, false, false, {}}, {"after", "after", {}, false, false, {}}, {"contribution", "contribution", {}, false, false, {}}, text_column("unit"), text_column("method")}, {}};
    constexpr std::string_view methods[] = {"none", "shapley", "ordered_path"};
    const std::string method(methods[static_cast<std::size_t>(d.method)]);
    for (auto const& m : d.results) {
      if (!is_wanted(m)) continue;
      if (m.contributions.empty()) t.rows.push_back({{0, m.metric}, {0, ""}, {m.before, {}}, {m.after, {}}, {0, {}}, {0, std::string(m.dimension.unit())}, {0, method}});
      for (auto const& c : m.contributions) t.rows.push_back({{0, m.metric}, {0, cause(c.changes)}, {m.before, {}}, {m.after, {}}, {c.value, {}}, {0, std::string(m.dimension.unit())}, {0, method}});
    }
    write(t, common);
    return no ? verdict_no : done;
  }
  const auto paint = style(common);
  std::string out = fmt::format("{}\n  -> {}\n", o.before, o.after);
  if (d.changes.empty()) {
    write(out + "\nboth ask the same\n", common);
    return no ? verdict_no : done;
  }
  Table inputs{"inputs", "Changed inputs", {text_column("input"), text_column("before"), text_column("after")}, {}};
  for (auto const& c : d.changes) inputs.rows.push_back({{0, c.path}, {0, c.before.empty() ? "(default)" : c.before}, {0, c.after.empty() ? "(default)" : c.after}});
  out += '\n' + render::text(inputs, paint);

  // What people ask first: the headline, the limits, memory, cost and carbon.
  std::vector<std::string> first{d.before.card.headline, d.after.card.headline, "serving.ttft", "serving.itl", "distributed.mfu", "economics.cost", "economics.per_token", "sustainability.carbon", "sustainability.carbon_per_token"};
  const auto leads = [&](teaching::Moved const& m) { return !o.metrics.empty() || common.all || std::find(first.begin(), first.end(), m.metric) != first.end() || m.metric.ends_with("_needed"); };
  Table results{"results", "Changed results", {text_column("metric"), text_column("before"), text_column("after"), text_column("change")}, {}};
  std::size_t hidden = 0;
  for (auto const& m : d.results) {
    if (!is_wanted(m)) continue;
    if (!leads(m)) {
      ++hidden;
      continue;
    }
    const double ratio = m.before != 0 ? m.after / m.before : std::nan("");
    results.rows.push_back({{0, m.metric}, {0, shown(m.before, m.dimension, m.percent)}, {0, shown(m.after, m.dimension, m.percent)}, {0, std::isfinite(ratio) ? fmt::format("x {:.3g}", ratio) : ""}});
  }
  out += '\n';
  out += results.rows.empty() ? (hidden ? "" : "  no result changed\n") : render::text(results, paint);
  if (hidden) out += fmt::format("  {} more metrics changed: --all\n", hidden);
  for (auto const& m : d.results) {
    if (!is_wanted(m) || !leads(m) || m.contributions.empty()) continue;
    out += fmt::format("\n{}: {} because of\n", m.metric, signed_text(m.after - m.before, m.dimension, m.percent));
    for (auto const& c : m.contributions) out += fmt::format("  {:>14}  {:>5.0f} %  {}\n", signed_text(c.value, m.dimension, m.percent), 100 * c.value / (m.after - m.before), cause(c.changes));
  }
  const auto verdict = [](Report const& r) { return std::string(verdict_name[static_cast<std::size_t>(r.card.verdict)]); };
  out += fmt::format("\nVerdict: {} -> {}\n", verdict(d.before), verdict(d.after));
  if (d.before.card.binding != d.after.card.binding) out += fmt::format("Binds: {} -> {}\n", d.before.card.binding, d.after.card.binding);
  if (d.method == teaching::Attribution::shapley)
    out += wrapped(fmt::format("Contributions are Shapley values: the mean effect of a change over all orders in which the changes could be made ({} mixtures evaluated). They add up to the whole change; changes which only work together share one.", d.evaluations), 0);
  else if (d.method == teaching::Attribution::ordered_path)
    out += wrapped("There are too many changes for all their mixtures: they were made one part of the file after the other, in its order. Contributions add up to the whole change, but another order would share it out differently.", 0);
  write(out, common);
  return no ? verdict_no : done;
}

int lint_scenarios(std::vector<std::string> const& files, bool exit_zero, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  Table t{"lint", "", {text_column("scenario"), text_column("lint"), text_column("title"), text_column("where"), text_column("finding")}, {}};
  std::string out;
  for (auto const& file : files) {
    const auto l = loaded(file, catalogue);
    for (auto const& f : teaching::lint(l, scenario::evaluate(l))) {
      const std::string title(teaching::lint_page(f.id)->title);
      t.rows.push_back({{0, file}, {0, std::string(f.id)}, {0, title}, {0, f.path}, {0, f.message}});
      out += fmt::format("{}: {} {}\n  {}: {}\n", file, f.id, title, f.path, f.message);
    }
  }
  if (common.format != "text") write(t, common);
  else write(t.rows.empty() ? std::string("no findings\n") : out + fmt::format("\n{} finding{}; `mlsysim explain {}` says why it may be a mistake\n", t.rows.size(), t.rows.size() == 1 ? "" : "s", t.rows[0][1].text), common);
  return t.rows.empty() || exit_zero ? done : verdict_no;
}

}  // namespace mlsysim::cli
