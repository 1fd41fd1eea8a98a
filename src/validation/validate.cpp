#include "mlsysim/validation/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>

#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::validation {
namespace {

/// Reasons for which hardware or plan cannot be evaluated: counted among the rows left out. Everything else is a fault of the mapping.
bool excuses_a_row(int code) { return code == 203 || code == 208; }

/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_{seed} {}
  std::uint64_t operator()() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

struct Prediction {
  Value value;
  Confidence confidence = Confidence::calibrated;
  bool fits = true;
};

/// Turns rows into points and counts those it cannot use.
class Run {
 public:
  Run(Mapping const& m, io::Csv const& table, registry::Catalogue const& catalogue) : m_{m}, table_{table}, catalogue_{catalogue} {}

  Outcome take() {
    for (auto const& row : table_.rows) {
      used_ = false;
      this->row(row);
      out_.used += used_;
    }
    out_.rows = table_.rows.size();
    if (!problems_.empty()) throw InputError(std::move(problems_));
    return std::move(out_);
  }

 private:
  void row(io::Csv::Row const& row) {
    {
      const RowScope scope(m_, m_.cases.front(), table_, row);
      if (auto reason = refusal(scope, m_.rows)) return skip(*reason);
    }
    std::string reason;
    std::size_t furthest = 0;
    bool taken = false;
    for (std::size_t i = 0; i < m_.cases.size(); ++i) {
      const RowScope scope(m_, m_.cases[i], table_, row);
      if (auto no = refusal(scope, m_.cases[i].rows)) {
        // Of several cases the one which nearly took the row says why it did not.
        const auto held = static_cast<std::size_t>(std::count_if(m_.cases[i].rows.begin(), m_.cases[i].rows.end(), [&](Filter const& f) { return scope.holds(f); }));
        if (reason.empty() || held > furthest) reason = *no, furthest = held;
        continue;
      }
      taken = true;
      point(i, scope, row);
    }
    if (!taken) skip(m_.cases.size() > 1 ? fmt::format("no case takes it: {}", reason) : reason);
  }

  void point(std::size_t which, RowScope const& scope, io::Csv::Row const& row) {
    Case const& c = m_.cases[which];
    const bool fits = c.out_of_memory.empty() || refusal(scope, c.out_of_memory).has_value();
    std::string problem;
    std::optional<Value> measured;
    if (fits) {
      measured = c.measured.evaluate([&](std::string_view n) { return scope.number(n, problem); }, problem);
      if (!measured) return skip(problem);
      if (measured->number <= 0) return skip(fmt::format("{} is not positive", c.measured.text()));
    }
    std::vector<Diagnostic> found;
    std::vector<scenario::Loaded> loaded;
    std::string asked;
    for (auto const& [name, node] : c.scenarios) {
      const io::Document document = instantiate(m_, *node, scope, problem);
      if (!problem.empty()) return skip(problem);
      append(asked, document, document.nodes[0]);
      loaded.push_back(scenario::load(catalogue_, document, found));
    }
    if (!found.empty()) return refuse(found, row);
    Point p;
    p.which = which;
    p.line = row.line;
    p.name = scope.shown(m_.name);
    if (m_.cases.size() > 1) p.name += ", " + c.id;
    for (auto const& g : m_.groups) p.groups.push_back(scope.text(g).value_or(""));
    if (auto const& curves = m_.curves) {
      for (auto const& column : curves->of) p.subject += (p.subject.empty() ? "" : ", ") + scope.text(column).value_or("");
      for (auto const& column : curves->alike) p.curve += scope.text(column).value_or("") + '\n';
      if (!curves->per.empty()) {
        const auto per = scope.number(curves->per, problem);
        if (!per) return skip(problem);
        p.per = per->number;
      }
    }
    try {
      const auto predicted = predict(c, scope, loaded, "calibrated\n" + asked, true, problem);
      if (!problem.empty()) return skip(problem);
      ++out_.judged;
      used_ = true;
      if (predicted.fits != fits) out_.misjudged.push_back({row.line, p.name, fits});
      if (!fits || !predicted.fits) return;
      // The data-sheet bound of the same scenario: nothing is known of the device but peak and bandwidth.
      for (auto& l : loaded) {
        l.operators = {};
        l.scenario.efficiency = solvers::EfficiencyOverride{Real{1, {}}, Real{1, {}}};
      }
      const auto ideal = predict(c, scope, loaded, "ideal\n" + asked, false, problem);
      if (!problem.empty()) return skip(problem);
      if (m_.ranking && !ranked(p, scope, problem)) return skip(problem);
      p.measured = measured->number * c.scale;
      p.predicted = predicted.value.number;
      p.ideal = ideal.value.number;
      p.interval = predicted.value.interval;
      p.confidence = predicted.confidence;
      out_.points.push_back(std::move(p));
    } catch (InputError const& e) {
      refuse(e.problems(), row);
    }
  }

  /// Where the row competes. \return false, with `problem`, where it has nothing to be compared per
  bool ranked(Point& p, RowScope const& scope, std::string& problem) const {
    for (auto const& w : m_.ranking->within) p.contest += (p.contest.empty() ? "" : ", ") + scope.text(w).value_or("");
    if (m_.ranking->per.empty()) return true;
    const auto per = m_.ranking->per.evaluate([&](std::string_view n) { return scope.number(n, problem); }, problem);
    if (per) p.per = per->number;
    return per && p.per > 0;
  }

  /// Everything a scenario says, so that equal texts are equal scenarios.
  static void append(std::string& out, io::Document const& d, io::Node const& n) {
    fmt::format_to(std::back_inserter(out), "{}:{}{}{}(", n.key, static_cast<int>(n.kind), n.quoted ? "'" : "", n.text);
    for (auto const& child : d.children(n)) append(out, d, child);
    out += ')';
  }

  /// Evaluates, once for rows which ask the same: submissions of one machine by many do.
  std::vector<Report> const& evaluated(std::string const& asked, std::vector<scenario::Loaded> const& loaded, bool intervals) {
    constexpr std::size_t most = 64;
    if (const auto known = reports_.find(asked); known != reports_.end()) return known->second;
    if (reports_.size() >= most) reports_.clear();
    std::vector<Report> reports;
    for (auto const& l : loaded) reports.push_back(scenario::evaluate(l, intervals));
    return reports_.emplace(asked, std::move(reports)).first->second;
  }

  Prediction predict(Case const& c, RowScope const& scope, std::vector<scenario::Loaded> const& loaded, std::string const& asked, bool intervals, std::string& problem) {
    Prediction out;
    std::vector<Report> const& reports = evaluated(asked, loaded, intervals);
    for (auto const& r : reports)
      if (auto const& levels = r.card.levels; !levels.empty() && levels.front().verdict == Verdict::fail) out.fits = false;
    if (!out.fits) return out;
    const auto value = c.predicted.evaluate(
        [&](std::string_view n) -> std::optional<Value> {
          if (n.find('.') == n.npos) return scope.number(n, problem);
          for (std::size_t i = 0; i < reports.size(); ++i) {
            auto const& name = c.scenarios[i].first;
            if (!name.empty() && (!n.starts_with(name) || n.size() <= name.size() || n[name.size()] != '.')) continue;
            const auto path = name.empty() ? n : n.substr(name.size() + 1);
            Metric const* m = reports[i].metric(path);
            if (!m) no_metric(reports[i], path, c);
            out.confidence = weakest(out.confidence, m->confidence);
            return Value{m->value, exponents(m->dimension), m->interval};
          }
          throw InputError({{204, fmt::format("'{}' begins with the name of no scenario of the case", n), c.predicted_at, "", "write the name before the metric: decode.performance.latency"}});
        },
        problem);
    if (!value) {
      if (problem.empty()) problem = fmt::format("'{}' has no value", c.predicted.text());
      return out;
    }
    out.value = *value;
    if (out.value.dimension != c.dimension)
      throw InputError({{172, fmt::format("'{}' is {}, but the measured '{}' is in {}", c.predicted.text(), Dimension(out.value.dimension).view(), c.measured.text(), c.unit), c.predicted_at, "", "compare like with like: change `predicted`, `measured` or `unit`"}});
    return out;
  }

  [[noreturn]] static void no_metric(Report const& report, std::string_view name, Case const& c) {
    const auto metrics = report.metrics();
    std::vector<std::string_view> names;
    for (auto const& [path, metric] : metrics) names.push_back(path);
    std::string list;
    for (auto const& n : nearest(name, names, 3)) list += (list.empty() ? "nearest: " : ", ") + n;
    throw InputError({{204, fmt::format("no metric '{}' in the result of this scenario", name), c.predicted_at, "", list}});
  }

  void skip(std::string const& reason) {
    const auto found = std::find_if(out_.skipped.begin(), out_.skipped.end(), [&](auto const& s) { return s.first == reason; });
    if (found == out_.skipped.end()) out_.skipped.emplace_back(reason, 1);
    else ++found->second;
  }

  void refuse(std::vector<Diagnostic> const& found, io::Csv::Row const& row) {
    if (std::all_of(found.begin(), found.end(), [](Diagnostic const& d) { return excuses_a_row(d.code); })) return skip("cannot be evaluated: " + found.front().message);
    // One row shows what is wrong with the mapping; hundreds would bury it.
    constexpr std::size_t most = 20;
    for (auto d : found) {
      const bool said = std::any_of(problems_.begin(), problems_.end(), [&](Diagnostic const& p) { return p.message == d.message; });
      if (said || problems_.size() >= most) continue;
      d.why = fmt::format("{}{}in the scenario made of {}:{}", d.why, d.why.empty() ? "" : "; ", table_.file, row.line);
      problems_.push_back(std::move(d));
    }
  }

  Mapping const& m_;
  io::Csv const& table_;
  registry::Catalogue const& catalogue_;
  Outcome out_;
  std::vector<Diagnostic> problems_;
  std::map<std::string, std::vector<Report>> reports_;  ///< by what was asked
  bool used_ = false;
};

/// Fisher and Yates within each case, so that only values of one kind change places.
void shuffle_measured(std::vector<Point>& points, std::uint64_t seed) {
  SplitMix64 random(seed);
  std::size_t cases = 0;
  for (auto const& p : points) cases = std::max(cases, p.which + 1);
  for (std::size_t c = 0; c < cases; ++c) {
    std::vector<std::size_t> mine;
    for (std::size_t i = 0; i < points.size(); ++i)
      if (points[i].which == c) mine.push_back(i);
    for (std::size_t i = mine.size(); i > 1; --i) std::swap(points[mine[i - 1]].measured, points[mine[random() % i]].measured);
  }
}

/// A rate falls with time: its dimension has time below the line.
bool is_rate(Case const& c) { return c.dimension[static_cast<std::size_t>(Base::time)] < 0; }

double at_efficiency(Mapping const& m, Point const& p, double efficiency) {
  return (is_rate(m.cases[p.which]) ? p.ideal * efficiency : p.ideal / efficiency) / p.measured - 1;
}

std::vector<Shape> shapes_of(std::vector<Point> const& points) {
  constexpr std::size_t fewest = 3;  // two points have an order, but no shape
  struct Curve {
    std::string subject, rest;
    std::vector<double> measured, predicted;
  };
  std::vector<Curve> curves;
  for (auto const& p : points) {
    const std::string rest = p.curve + std::to_string(p.which);
    auto at = std::find_if(curves.begin(), curves.end(), [&](Curve const& c) { return c.subject == p.subject && c.rest == rest; });
    if (at == curves.end()) at = curves.insert(at, {p.subject, rest, {}, {}});
    at->measured.push_back(p.measured / p.per), at->predicted.push_back(p.predicted / p.per);
  }
  std::vector<Shape> shapes;
  for (auto const& c : curves) {
    if (c.measured.size() < fewest) continue;
    const double r = rank_correlation(c.measured, c.predicted);
    auto at = std::find_if(shapes.begin(), shapes.end(), [&](Shape const& s) { return s.subject == c.subject; });
    if (at == shapes.end()) at = shapes.insert(at, {c.subject, 0, 0, r});
    at->correlation += (r - at->correlation) / static_cast<double>(++at->curves);
    at->least = std::min(at->least, r);
  }
  return shapes;
}

/// The best constant lies in the middle of some shortest window over half of the points' own efficiencies: each such window is tried.
Baseline fit_baseline(Mapping const& m, std::vector<Point> const& points) {
  Baseline best;
  if (points.empty()) return best;
  std::vector<double> own;
  for (auto const& p : points) own.push_back(is_rate(m.cases[p.which]) ? p.measured / p.ideal : p.ideal / p.measured);
  std::sort(own.begin(), own.end());
  double least = std::numeric_limits<double>::infinity();
  const std::size_t half = own.size() / 2;
  std::vector<double> magnitudes(points.size());
  const auto attempt = [&](double efficiency) {
    for (std::size_t i = 0; i < points.size(); ++i) magnitudes[i] = std::abs(at_efficiency(m, points[i], efficiency));
    const double error = median(magnitudes);
    if (error < least) least = error, best.efficiency = efficiency;
  };
  for (std::size_t i = 0; i + half < own.size(); ++i) {
    const double a = own[i], b = own[i + half];
    attempt((a + b) / 2);
    attempt(2 * a * b / (a + b));
  }
  return best;
}

}  // namespace

std::vector<Contest> contests(Mapping const& mapping, std::vector<Point> const& points) {
  std::vector<Contest> out;
  if (!mapping.ranking) return out;
  std::vector<std::string> names;
  for (auto const& p : points)
    if (std::find(names.begin(), names.end(), p.contest) == names.end()) names.push_back(p.contest);
  for (auto const& name : names) {
    std::vector<Point const*> rows;
    for (auto const& p : points)
      if (p.contest == name) rows.push_back(&p);
    // Where all of them have a place there is nothing to get wrong.
    if (rows.size() <= mapping.ranking->top) continue;
    const auto worth = [&](Point const& p, double value) { return is_rate(mapping.cases[p.which]) ? -value / p.per : value / p.per; };
    const auto best = *std::min_element(rows.begin(), rows.end(), [&](auto a, auto b) { return worth(*a, a->measured) < worth(*b, b->measured); });
    const auto first = *std::min_element(rows.begin(), rows.end(), [&](auto a, auto b) { return worth(*a, a->predicted) < worth(*b, b->predicted); });
    const auto before = std::count_if(rows.begin(), rows.end(), [&](auto p) { return worth(*p, p->predicted) < worth(*best, best->predicted); });
    const double ratio = worth(*first, first->measured) / worth(*best, best->measured);
    out.push_back({name, rows.size(), best->name, static_cast<std::size_t>(before) + 1, std::abs(ratio - 1)});
  }
  return out;
}

Interval chance_of_coverage(std::size_t n) {
  constexpr double p = 0.9;
  const auto rows = static_cast<double>(n);
  const auto quantile = [&](double q) {
    double below = 0;
    for (double k = 0; k <= rows; ++k) {
      below += std::exp(std::lgamma(rows + 1) - std::lgamma(k + 1) - std::lgamma(rows - k + 1) + k * std::log(p) + (rows - k) * std::log(1 - p));
      if (below >= q) return k / rows;
    }
    return 1.0;
  };
  return {quantile(0.05), quantile(0.95)};
}

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  if (v.size() % 2) return *middle;
  return (*middle + *std::max_element(v.begin(), middle)) / 2;
}

Errors errors_of(std::vector<double> e) {
  Errors out;
  out.points = e.size();
  if (e.empty()) return out;
  out.bias = median(e);
  for (auto& x : e) x = std::abs(x);
  const auto n = static_cast<double>(e.size());
  const auto share = [&](double limit) { return static_cast<double>(std::count_if(e.begin(), e.end(), [&](double x) { return x <= limit; })) / n; };
  out.within_10 = share(0.10);
  out.within_25 = share(0.25);
  out.mean = std::accumulate(e.begin(), e.end(), 0.0) / n;
  out.median = median(std::move(e));
  return out;
}

double rank_correlation(std::vector<double> const& a, std::vector<double> const& b) {
  const auto ranks = [](std::vector<double> const& v) {
    std::vector<std::size_t> order(v.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return v[x] < v[y]; });
    std::vector<double> rank(v.size());
    for (std::size_t i = 0, end = 0; i < order.size(); i = end) {
      for (end = i; end < order.size() && v[order[end]] == v[order[i]];) ++end;
      for (std::size_t k = i; k < end; ++k) rank[order[k]] = static_cast<double>(i + end - 1) / 2;
    }
    return rank;
  };
  const auto x = ranks(a), y = ranks(b);
  const double middle = (static_cast<double>(x.size()) - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) xy += (x[i] - middle) * (y[i] - middle), xx += (x[i] - middle) * (x[i] - middle), yy += (y[i] - middle) * (y[i] - middle);
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

Result validate(Mapping const& mapping, io::Csv const& table, registry::Catalogue const& catalogue, Options const& options) {
  Result r;
  r.outcome = Run(mapping, table, catalogue).take();
  auto& points = r.outcome.points;
  if (options.shuffle) shuffle_measured(points, *options.shuffle), r.shuffled = true;
  std::vector<double> errors;
  std::size_t covered = 0;
  for (auto const& p : points) {
    errors.push_back(p.error());
    r.with_interval += p.interval.has_value();
    covered += p.covered();
  }
  r.errors = errors_of(errors);
  if (r.with_interval) r.coverage = static_cast<double>(covered) / static_cast<double>(r.with_interval);
  if (mapping.curves) r.shapes = shapes_of(points);
  r.contests = contests(mapping, points);
  r.baseline = fit_baseline(mapping, points);
  for (auto const& p : points) r.baseline_errors.push_back(at_efficiency(mapping, p, r.baseline.efficiency));
  r.baseline.errors = errors_of(r.baseline_errors);
  return r;
}

}  // namespace mlsysim::validation
