#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "mlsysim/units/text.hpp"
#include "mlsysim/validation/validate.hpp"

namespace mlsysim::validation {
namespace {

Column text_column(std::string id, std::string label) { return {std::move(id), std::move(label), {}, true, false, {}}; }
Column count_column(std::string id, std::string label) { return {std::move(id), std::move(label), {}, false, false, {}}; }
Column share_column(std::string id, std::string label) { return {std::move(id), std::move(label), {}, false, true, {}}; }
Cell text_cell(std::string t) { return {0, std::move(t)}; }
Cell number_cell(double v) { return {v, {}}; }
Cell count_cell(std::size_t n) { return {static_cast<double>(n), {}}; }

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

/// What rounding leaves of nothing is nothing; an error of no points is none of 0 %, and its cell stays empty.
Cell error_cell(double v, std::size_t points) {
  constexpr double rounding = 1e-12;
  return number_cell(points == 0 ? std::nan("") : std::abs(v) < rounding ? 0 : v);
}

void add_errors(std::vector<Cell>& row, Errors const& e) {
  for (double v : {e.median, e.mean, e.bias, e.within_10, e.within_25}) row.push_back(error_cell(v, e.points));
}
void add_error_columns(std::vector<Column>& columns) {
  columns.push_back(share_column("median_error", "median error"));
  columns.push_back(share_column("mean_error", "mean error"));
  columns.push_back(share_column("bias", "bias"));
  columns.push_back(share_column("within_10", "within 10 %"));
  columns.push_back(share_column("within_25", "within 25 %"));
}

Table accuracy(Result const& r) {
  Table t{"accuracy", "error of the prediction, as share of the measured value", {text_column("predictor", "predictor"), count_column("points", "points")}, {}};
  add_error_columns(t.columns);
  std::vector<Cell> ours{text_cell("mlsysim"), count_cell(r.errors.points)};
  add_errors(ours, r.errors);
  std::vector<Cell> constant{text_cell(r.errors.points == 0 ? "best constant efficiency" : fmt::format("best constant efficiency ({:.3g})", r.baseline.efficiency)), count_cell(r.errors.points)};
  add_errors(constant, r.baseline.errors);
  t.rows = {std::move(ours), std::move(constant)};
  return t;
}

Table targets(std::vector<Check> const& list) {
  Table t{"targets", "targets", {text_column("target", "target"), text_column("limit", "limit"), text_column("reached", "reached"), text_column("verdict", "verdict")}, {}};
  for (auto const& c : list) {
    const auto shown = [&](double v) { return c.id == "rows" || c.id == "baseline_ratio" || c.id == "rank_correlation" ? fmt::format("{:.3g}", v) : percent(v); };
    t.rows.push_back({text_cell(c.label), text_cell(fmt::format("{} {}", c.at_most ? "at most" : "at least", shown(c.limit))), text_cell(c.verdict == Verdict::not_judged ? c.detail : shown(c.value)),
                      text_cell(std::string(verdict_name[static_cast<std::size_t>(c.verdict)]))});
  }
  return t;
}

/// Errors by the values of one column; the baseline keeps the constant of the whole set.
Table subtotals(std::string const& id, std::string const& label, std::vector<std::string> const& keys, Result const& r) {
  std::vector<std::string> order;
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> parts;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto [at, fresh] = parts.try_emplace(keys[i]);
    if (fresh) order.push_back(keys[i]);
    at->second.first.push_back(r.outcome.points[i].error());
    at->second.second.push_back(r.baseline_errors[i]);
  }
  Table t{"by_" + id, "by " + label, {text_column("value", label), count_column("points", "points")}, {}};
  add_error_columns(t.columns);
  t.columns.push_back(share_column("baseline_median", "median error, constant"));
  for (auto const& key : order) {
    auto& [ours, constant] = parts[key];
    std::vector<Cell> row{text_cell(key.empty() ? "(none)" : key), count_cell(ours.size())};
    add_errors(row, errors_of(ours));
    row.push_back(error_cell(errors_of(constant).median, constant.size()));
    t.rows.push_back(std::move(row));
  }
  return t;
}

/// Subjects whose curves are ordered worst come first.
Table shapes(std::vector<Shape> list) {
  constexpr std::size_t most = 12;
  std::stable_sort(list.begin(), list.end(), [](Shape const& a, Shape const& b) { return a.correlation < b.correlation; });
  const std::size_t all = list.size();
  list.resize(std::min(all, most));
  Table t{"shapes", all > most ? fmt::format("rank correlation of curves, the {} lowest of {}", most, all) : "rank correlation of curves", {text_column("subject", "subject"), count_column("curves", "curves"), count_column("mean", "mean"), count_column("least", "lowest")}, {}};
  for (auto const& s : list) t.rows.push_back({text_cell(s.subject), count_cell(s.curves), number_cell(s.correlation), number_cell(s.least)});
  return t;
}

std::string shown(Mapping const& m, Point const& p, double v) { return display(v, Dimension(m.cases[p.which].dimension), 4); }

Table worst(Mapping const& m, Result const& r) {
  constexpr std::size_t most = 10;
  auto const& points = r.outcome.points;
  std::vector<std::size_t> order(points.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  // Twice too much and half of it are equally wrong.
  const auto miss = [&](std::size_t i) { return std::abs(std::log(points[i].predicted / points[i].measured)); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return miss(a) > miss(b); });
  order.resize(std::min(order.size(), most));
  Table t{"worst", "worst rows", {text_column("row", "row"), text_column("where", "where"), text_column("measured", "measured"), text_column("predicted", "predicted"), share_column("error", "error"), text_column("interval", "90 % interval")}, {}};
  for (std::size_t i : order) {
    auto const& p = points[i];
    t.rows.push_back({text_cell(p.name), text_cell(fmt::format("{}:{}", m.table, p.line)), text_cell(shown(m, p, p.measured)), text_cell(shown(m, p, p.predicted)), number_cell(p.error()),
                      text_cell(p.interval ? fmt::format("{} .. {}", shown(m, p, p.interval->low), shown(m, p, p.interval->high)) : "none")});
  }
  return t;
}

/// All sets of which the calibration has seen nothing.
std::vector<Cell> together(std::vector<std::pair<Mapping const*, Result const*>> const& sets) {
  Outcome all;
  std::vector<double> errors;
  std::size_t with_interval = 0, covered = 0;
  for (auto const& [m, r] : sets) {
    if (m->role == Role::calibration) continue;
    all.rows += r->outcome.rows, all.used += r->outcome.used;
    all.misjudged.insert(all.misjudged.end(), r->outcome.misjudged.begin(), r->outcome.misjudged.end());
    for (auto const& p : r->outcome.points) errors.push_back(p.error()), with_interval += p.interval.has_value(), covered += p.covered();
  }
  std::vector<Cell> row{text_cell("all predictions"), count_cell(all.rows), count_cell(all.used), count_cell(errors.size())};
  add_errors(row, errors_of(errors));
  row.push_back(number_cell(std::nan("")));
  row.push_back(number_cell(with_interval ? static_cast<double>(covered) / static_cast<double>(with_interval) : std::nan("")));
  row.push_back(count_cell(all.misjudged.size()));
  row.push_back(text_cell(""));
  return row;
}

double ratio_to_baseline(Result const& r) { return r.baseline.errors.median > 0 ? r.errors.median / r.baseline.errors.median : 0; }

}  // namespace

std::vector<Check> checks(Mapping const& m, Result const& r) {
  std::vector<Check> out;
  const auto add = [&](std::optional<double> limit, bool at_most, char const* id, char const* label, double value, bool known, char const* unknown = "no points") {
    if (!limit) return;
    Check c;
    c.id = id;
    c.label = label;
    c.limit = *limit;
    c.at_most = at_most;
    if (known) {
      c.value = value;
      c.verdict = (at_most ? value <= *limit : value >= *limit) ? Verdict::pass : Verdict::fail;
    } else {
      c.detail = unknown;
      c.verdict = Verdict::not_judged;
    }
    out.push_back(std::move(c));
  };
  auto const& e = m.expect;
  const bool any = r.errors.points > 0;
  add(e.median_error, true, "median_error", "median error", r.errors.median, any);
  add(e.mean_error, true, "mean_error", "mean error", r.errors.mean, any);
  add(e.bias, true, "bias", "bias, magnitude", std::abs(r.errors.bias), any);
  add(e.within_10, false, "within_10", "points within 10 %", r.errors.within_10, any);
  add(e.within_25, false, "within_25", "points within 25 %", r.errors.within_25, any);
  add(e.baseline_ratio, true, "baseline_ratio", "median error / best constant's", ratio_to_baseline(r), any);
  add(e.coverage_low, false, "coverage_low", "coverage of the 90 % intervals", r.coverage, r.with_interval > 0, "no intervals");
  add(e.coverage_high, true, "coverage_high", "coverage of the 90 % intervals", r.coverage, r.with_interval > 0, "no intervals");
  auto const& o = r.outcome;
  add(e.feasibility, false, "feasibility", "fits or not, judged rightly", o.judged ? 1 - static_cast<double>(o.misjudged.size()) / static_cast<double>(o.judged) : 0, o.judged > 0);
  double least = 1;
  for (auto const& s : r.shapes) least = std::min(least, s.correlation);
  add(e.rank_correlation, false, "rank_correlation", "rank correlation of curves, worst subject", least, !r.shapes.empty(), "no curves");
  if (m.ranking) {
    const auto placed = std::count_if(r.contests.begin(), r.contests.end(), [&](Contest const& c) { return c.place <= m.ranking->top; });
    add(e.ranked, false, "ranked", "groups whose best is placed", r.contests.empty() ? 0 : static_cast<double>(placed) / static_cast<double>(r.contests.size()), !r.contests.empty(), "no group has more rows than places");
  }
  add(e.rows, false, "rows", "rows used", static_cast<double>(o.used), true);
  return out;
}

Section report(Mapping const& m, Result const& r) {
  auto const& o = r.outcome;
  Section s{m.id, fmt::format("{}: {}", m.id, m.title), {}, {}, {}, {}, {}};
  if (r.shuffled) s.notes.emplace_back("MEASURED VALUES SHUFFLED: large errors are what this must show");
  if (m.role == Role::calibration) s.notes.emplace_back("some of these rows were used by the calibration: the errors are those of a fit, not of a prediction");
  s.tables.push_back(accuracy(r));
  s.checks = checks(m, r);
  if (!s.checks.empty()) s.tables.push_back(targets(s.checks));

  if (!r.shapes.empty()) s.tables.push_back(shapes(r.shapes));

  Table facts{"rows", "rows", {text_column("what", "what"), count_column("number", "number")}, {}};
  const auto fact = [&](std::string what, std::size_t n) { facts.rows.push_back({text_cell(std::move(what)), count_cell(n)}); };
  fact("rows of the table", o.rows);
  fact("rows used", o.used);
  fact("points compared", r.errors.points);
  fact("judged to fit or not", o.judged);
  fact("of these judged wrongly", o.misjudged.size());
  fact("points with a 90 % interval", r.with_interval);
  s.tables.push_back(std::move(facts));
  if (r.with_interval) {
    const auto chance = chance_of_coverage(r.with_interval);
    s.notes.push_back(fmt::format("the 90 % intervals hold the measured value in {} of {} points; {} to {} is chance where the points are independent", percent(r.coverage), r.with_interval, percent(chance.low), percent(chance.high)));
  }

  std::array<std::size_t, confidence_name.size()> by_confidence{};
  for (auto const& p : o.points) ++by_confidence[static_cast<std::size_t>(p.confidence)];
  std::string confidence;
  for (std::size_t i = 0; i < by_confidence.size(); ++i)
    if (by_confidence[i]) confidence += fmt::format("{}{} {}", confidence.empty() ? "" : ", ", by_confidence[i], confidence_name[i]);
  if (!confidence.empty()) s.notes.push_back("confidence of the predictions: " + confidence);

  if (!o.skipped.empty()) {
    Table t{"skipped", "rows left out", {text_column("reason", "reason"), count_column("rows", "rows")}, {}};
    auto reasons = o.skipped;
    std::stable_sort(reasons.begin(), reasons.end(), [](auto const& a, auto const& b) { return a.second > b.second; });
    for (auto const& [reason, n] : reasons) t.rows.push_back({text_cell(reason), count_cell(n)});
    s.tables.push_back(std::move(t));
  }
  const auto keys = [&](auto&& of) {
    std::vector<std::string> k;
    for (auto const& p : o.points) k.push_back(of(p));
    return k;
  };
  if (m.cases.size() > 1) s.tables.push_back(subtotals("case", "case", keys([&](Point const& p) { return m.cases[p.which].id; }), r));
  for (std::size_t g = 0; g < m.groups.size(); ++g) s.tables.push_back(subtotals(m.groups[g], m.groups[g], keys([&](Point const& p) { return p.groups[g]; }), r));
  if (!r.contests.empty()) {
    Table t{"ranking", fmt::format("the best row of each group, and its place among ours; to be among the first {}", m.ranking->top),
            {text_column("group", "group"), count_column("rows", "rows"), text_column("best", "best as measured"), count_column("place", "our place"), share_column("lost", "our first is worse by")}, {}};
    for (auto const& c : r.contests) t.rows.push_back({text_cell(c.name), count_cell(c.rows), text_cell(c.best), count_cell(c.place), number_cell(c.lost)});
    s.tables.push_back(std::move(t));
  }
  if (!o.points.empty()) s.tables.push_back(worst(m, r));
  if (!o.misjudged.empty()) {
    Table t{"misjudged", "feasibility judged wrongly", {text_column("row", "row"), text_column("where", "where"), text_column("measured", "measured"), text_column("predicted", "predicted")}, {}};
    for (auto const& x : o.misjudged)
      t.rows.push_back({text_cell(x.name), text_cell(fmt::format("{}:{}", m.table, x.line)), text_cell(x.fitted ? "fits" : "out of memory"), text_cell(x.fitted ? "out of memory" : "fits")});
    s.tables.push_back(std::move(t));
  }
  s.notes.push_back(fmt::format("measured: {}; licence: {}", m.source, m.licence));
  if (!m.about.empty()) s.notes.push_back(m.about);
  return s;
}

Table overview(std::vector<std::pair<Mapping const*, Result const*>> const& sets) {
  Table t{"validation", "estimates against measurements", {text_column("set", "set"), count_column("rows", "rows"), count_column("used", "used"), count_column("points", "points")}, {}};
  add_error_columns(t.columns);
  t.columns.push_back(share_column("baseline_median", "median error, constant"));
  t.columns.push_back(share_column("coverage", "90 % covers"));
  t.columns.push_back(count_column("misjudged", "fit misjudged"));
  t.columns.push_back(text_column("verdict", "targets"));
  for (auto const& [m, r] : sets) {
    std::vector<Cell> row{text_cell(m->id + (m->role == Role::calibration ? " (fitted)" : "")), count_cell(r->outcome.rows), count_cell(r->outcome.used), count_cell(r->errors.points)};
    add_errors(row, r->errors);
    row.push_back(error_cell(r->baseline.errors.median, r->errors.points));
    row.push_back(number_cell(r->with_interval ? r->coverage : std::nan("")));
    row.push_back(count_cell(r->outcome.misjudged.size()));
    std::size_t met = 0, judged = 0;
    for (auto const& c : checks(*m, *r)) met += c.verdict == Verdict::pass, ++judged;
    row.push_back(text_cell(judged ? fmt::format("{} of {} met", met, judged) : "none stated"));
    t.rows.push_back(std::move(row));
  }
  if (sets.size() > 1) t.rows.push_back(together(sets));
  return t;
}

std::string rows_csv(std::vector<std::pair<Mapping const*, Result const*>> const& sets) {
  std::string out = "set,case,file,line,row,groups,unit,measured,predicted,low,high,error,ideal,baseline_error,confidence\n";
  for (auto const& [m, r] : sets) {
    for (std::size_t i = 0; i < r->outcome.points.size(); ++i) {
      auto const& p = r->outcome.points[i];
      std::string groups;
      for (std::size_t g = 0; g < p.groups.size(); ++g) groups += fmt::format("{}{}={}", g ? "; " : "", m->groups[g], p.groups[g]);
      out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", io::csv_cell(m->id), io::csv_cell(m->cases[p.which].id), io::csv_cell(m->table), p.line, io::csv_cell(p.name), io::csv_cell(groups),
                         Dimension(m->cases[p.which].dimension).unit(), shortest(p.measured), shortest(p.predicted), p.interval ? shortest(p.interval->low) : "", p.interval ? shortest(p.interval->high) : "",
                         shortest(p.error()), shortest(p.ideal), shortest(r->baseline_errors[i]), confidence_name[static_cast<std::size_t>(p.confidence)]);
    }
  }
  return out;
}

std::vector<Scatter> scatter(Mapping const& m, Result const& r) {
  auto const& points = r.outcome.points;
  const auto series_of = [&](Point const& p) { return p.groups.empty() ? m.cases[p.which].id : p.groups[0]; };
  // More colours than these nobody tells apart: the most frequent series keep theirs.
  constexpr std::size_t most = 12;
  std::vector<std::pair<std::string, std::size_t>> names;
  for (auto const& p : points) {
    const std::string name = series_of(p);
    const auto found = std::find_if(names.begin(), names.end(), [&](auto const& n) { return n.first == name; });
    if (found == names.end()) names.emplace_back(name, 1);
    else ++found->second;
  }
  const std::size_t all = names.size();
  if (all > most) {
    std::stable_sort(names.begin(), names.end(), [](auto const& x, auto const& y) { return x.second > y.second; });
    names.resize(most - 1);
  }
  std::vector<Scatter> out;
  for (auto const& p : points) {
    const Dimension d(m.cases[p.which].dimension);
    auto at = std::find_if(out.begin(), out.end(), [&](Scatter const& s) { return s.dimension == d; });
    if (at == out.end()) {
      Scatter s;
      s.title = m.title;
      s.dimension = d;
      s.x_label = "measured";
      s.y_label = "predicted";
      s.bands = {0.10, 0.25};
      for (auto const& n : names) s.series.push_back(n.first);
      if (all > names.size()) s.series.push_back(fmt::format("{} others", all - names.size()));
      out.push_back(std::move(s));
      at = out.end() - 1;
    }
    const std::string name = series_of(p);
    const auto found = std::find_if(names.begin(), names.end(), [&](auto const& n) { return n.first == name; });
    at->points.push_back({p.measured, p.predicted, static_cast<std::size_t>(found - names.begin()), fmt::format("{}: measured {}, predicted {} ({:+.0f} %)", p.name, shown(m, p, p.measured), shown(m, p, p.predicted), 100 * p.error())});
  }
  for (auto& s : out)
    s.subtitle = fmt::format("{} points, median error {} (best constant efficiency {}), within 10 %: {}", s.points.size(), percent(r.errors.median), percent(r.baseline.errors.median), percent(r.errors.within_10));
  return out;
}

}  // namespace mlsysim::validation
