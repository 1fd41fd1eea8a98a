#include "mlsysim/teaching/explanation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "mlsysim/describe/diagnostic.hpp"
#include "mlsysim/teaching/formula.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::teaching {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// A row's name as part of a path: `GQA attention` gives `gqa_attention`.
std::string slug(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
    if (kept) out += c == '.' ? '_' : c;
    else if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    else if (!out.empty() && out.back() != '_') out += '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

/// Numbers of a table keep no origin; a step with the same value to the last bit and the same dimension computed it.
class StepsByValue {
 public:
  explicit StepsByValue(Ledger const& ledger) {
    for (std::size_t i = 0; i < ledger.steps().size(); ++i) {
      auto const& s = ledger.steps()[i];
      if (s.value == 0 || !std::isfinite(s.value)) continue;
      auto& where = steps_[s.value];
      where.push_back({s.dimension, {Origin::Kind::step, static_cast<std::uint32_t>(i)}});
    }
  }
  Origin find(double value, Dimension const& dimension) const {
    const auto found = steps_.find(value);
    if (found == steps_.end()) return {};
    std::vector<Origin> same;
    for (auto const& [d, o] : found->second)
      if (d == dimension) same.push_back(o);
    // A plain number such as 2 is computed in many places: only a single one is certain.
    if (same.empty() || (dimension == Dimension() && same.size() > 1)) return {};
    return same.front();
  }

 private:
  std::map<double, std::vector<std::pair<Dimension, Origin>>> steps_;
};

void metrics_of(Section const& s, std::string const& prefix, std::vector<Askable>& out) {
  const std::string path = prefix.empty() ? s.id : prefix + '.' + s.id;
  for (auto const& m : s.metrics) out.push_back({path + '.' + m.id, m.label, s.title, m.value, m.dimension, m.percent, m.origin, true, m.note});
  for (auto const& c : s.children) metrics_of(c, path, out);
}

void cells_of(Section const& s, std::string const& prefix, StepsByValue const& steps, std::vector<Askable>& out) {
  const std::string path = prefix.empty() ? s.id : prefix + '.' + s.id;
  for (auto const& t : s.tables) {
    std::set<std::string> used;
    for (std::size_t i = 0; i < t.rows.size(); ++i) {
      auto const& row = t.rows[i];
      std::string name = !t.columns.empty() && t.columns[0].text && !row.empty() ? slug(row[0].text) : std::string();
      if (name.empty() || !used.insert(name).second) used.insert(name = (name.empty() ? "" : name + '_') + std::to_string(i + 1));
      for (std::size_t k = 0; k < t.columns.size() && k < row.size(); ++k) {
        auto const& c = t.columns[k];
        if (c.text || std::isnan(row[k].number)) continue;
        std::string label = c.label;
        if (t.columns[0].text) label += " of " + row[0].text;
        out.push_back({path + '.' + t.id + '.' + name + '.' + c.id, std::move(label), t.label.empty() ? s.title : s.title + ", " + t.label, row[k].number, c.dimension, c.percent,
                       steps.find(row[k].number, c.dimension), false, {}});
      }
    }
  }
  for (auto const& c : s.children) cells_of(c, path, steps, out);
}

/// By which factor a mistake changes a number, from the two facts which it confuses; 0 if the result does not rest on both.
double quotient(Ledger const& ledger, Confusion const& c) {
  if (c.over.empty()) return 0;
  double over = 0, under = 0;
  for (auto const& f : ledger.facts()) {
    if (f.path.ends_with(c.over)) over = f.value;
    if (f.path.ends_with(c.under)) under = f.value;
  }
  return under != 0 ? over / under : 0;
}

}  // namespace

std::vector<Askable> askable(Report const& report) {
  std::vector<Askable> out;
  for (auto const& s : report.sections) metrics_of(s, {}, out);
  const auto headline = [&]() -> Metric const* { return report.metric(report.card.headline); }();
  for (auto const& level : report.card.levels) {
    std::set<std::string> used;
    for (auto const& c : level.checks) {
      if (c.verdict == Verdict::not_judged && c.value == 0) continue;
      std::string id = c.id;
      if (!used.insert(id).second) used.insert(id += c.at_most ? "_at_most" : "_at_least");
      out.push_back({"scorecard." + level.id + '.' + id, c.label, "Scorecard", c.value, c.dimension, false, c.origin, false, c.detail});
    }
  }
  for (std::size_t i = 0; i < report.card.knobs.size(); ++i) {
    auto const& k = report.card.knobs[i];
    std::string note = "the scenario was evaluated once more with `" + k.change + "` and nothing else changed; this is " + (headline ? headline->label : "the headline metric") + " after / before, turned so that above 1 is better";
    out.push_back({"scorecard.knobs." + std::to_string(i + 1), k.change, "Scorecard", k.factor, Dimension(), false, {}, false, std::move(note)});
  }
  const StepsByValue steps(report.ledger);
  for (auto const& s : report.sections) cells_of(s, {}, steps, out);
  return out;
}

std::string name_of(Report const& report, Origin origin, double value, Dimension const& dimension) {
  for (auto const& [path, m] : report.metrics())
    if (m->origin == origin && origin.kind() == Origin::Kind::step) return m->label;
  if (Step const* s = report.ledger.step(origin); s && s->equation && !s->label.empty()) return s->label;
  if (dimension == Dimension()) return {};
  std::string found;
  for (auto const& s : report.sections)
    for (auto const& t : s.tables) {
      if (t.columns.empty() || !t.columns[0].text) continue;
      for (auto const& row : t.rows)
        for (std::size_t k = 1; k < t.columns.size() && k < row.size(); ++k) {
          if (t.columns[k].text || row[k].number != value || !(t.columns[k].dimension == dimension)) continue;
          if (!found.empty() && found != row[0].text) return {};
          found = row[0].text;
        }
    }
  return found;
}

std::vector<Influence> influences(Ledger const& ledger, Origin origin, double value, double* unexplained) {
  // Elasticities, from the result back to the facts: steps lie in the order in which they were computed.
  std::vector<double> step(ledger.steps().size()), fact(ledger.facts().size());
  std::map<EquationInfo const*, std::optional<Formula>> formulas;
  double lost = 0, all = 0;
  const auto give = [&](Origin to, double e) {
    if (e == 0 || !std::isfinite(e)) return;
    if (ledger.step(to)) step[to.index()] += e;
    else if (ledger.fact(to)) fact[to.index()] += e;
    else lost += std::abs(e);
  };
  if (value != 0 && std::isfinite(value)) give(origin, 1);
  for (std::size_t i = origin.kind() == Origin::Kind::step ? origin.index() + 1 : 0; i-- > 0;) {
    const double e = step[i];
    if (e == 0) continue;
    auto const& s = ledger.steps()[i];
    if (!s.equation) {
      for (auto const& in : s.inputs) give(in.origin, s.value != 0 ? e * in.value / s.value : 0);
      continue;
    }
    auto known = formulas.find(s.equation);
    if (known == formulas.end()) known = formulas.emplace(s.equation, Formula::of(*s.equation)).first;
    if (!known->second) {
      lost += std::abs(e);
      continue;
    }
    auto const& f = *known->second;
    std::vector<double> x;
    for (auto const& in : s.inputs) x.push_back(in.value);
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double at = x[k], h = 1e-6;
      if (at == 0) continue;
      x[k] = at * (1 + h);
      const double up = f.smooth(x);
      x[k] = at * (1 - h);
      const double down = f.smooth(x);
      x[k] = at;
      const double middle = f.smooth(x);
      const double slope = middle != 0 ? (up - down) / (2 * h * middle) : 0;
      give(s.inputs[k].origin, e * slope);
    }
  }
  std::vector<Influence> out;
  for (std::size_t i = 0; i < fact.size(); ++i) {
    if (std::abs(fact[i]) < 5e-7) continue;
    auto const& f = ledger.facts()[i];
    Influence in{{f.kind, static_cast<std::uint32_t>(i)}, fact[i], {}};
    if (f.range && f.value != 0) {
      const double a = value * (1 + fact[i] * (f.range->low / f.value - 1)), b = value * (1 + fact[i] * (f.range->high / f.value - 1));
      in.swing = Interval{std::min(a, b), std::max(a, b)};
    }
    all += std::abs(fact[i]);
    out.push_back(std::move(in));
  }
  std::stable_sort(out.begin(), out.end(), [](Influence const& a, Influence const& b) { return std::abs(a.elasticity) > std::abs(b.elasticity); });
  if (unexplained) *unexplained = all + lost > 0 ? lost / (all + lost) : 0;
  return out;
}

std::optional<Explanation> explain(Report const& report, std::string_view path) {
  std::string_view below;
  if (const auto cut = path.find('/'); cut != path.npos) below = path.substr(cut + 1), path = path.substr(0, cut);
  Explanation e;
  std::vector<Askable> all;
  for (auto const& s : report.sections)
    if (path.starts_with(s.id)) metrics_of(s, {}, all);
  const auto is_it = [&](Askable const& a) { return a.path == path; };
  auto found = std::find_if(all.begin(), all.end(), is_it);
  if (found == all.end()) {
    all = askable(report);
    found = std::find_if(all.begin(), all.end(), is_it);
  }
  if (found == all.end()) return {};
  e.what = std::move(*found);
  e.step = std::string(below);
  if (Metric const* m = report.metric(path)) {
    e.interval = m->interval;
    if (m->estimate) e.confidence = m->confidence;
  }
  e.definition = e.what.metric ? definition_id(path) : std::string(path);
  e.term = e.what.metric ? term_of(path) : nullptr;
  while (!below.empty()) {
    const auto cut = below.find('/');
    const auto part = below.substr(0, cut);
    below = cut == below.npos ? std::string_view{} : below.substr(cut + 1);
    std::size_t n = 0;
    const auto read = std::from_chars(part.data(), part.data() + part.size(), n);
    Step const* s = report.ledger.step(e.what.origin);
    if (!s || read.ec != std::errc{} || read.ptr != part.data() + part.size() || n == 0 || n > s->inputs.size()) return {};
    auto const& in = s->inputs[n - 1];
    std::string label = s->equation ? std::string(s->equation->symbols[n - 1]) : "part " + std::to_string(n) + " of " + s->label;
    if (const auto name = name_of(report, in.origin, in.value, in.dimension); !name.empty()) label += " (" + name + ")";
    e.what = {e.what.path, std::move(label), e.what.group, in.value, in.dimension, false, in.origin, false, {}};
    e.interval.reset(), e.confidence.reset(), e.term = nullptr;
  }
  e.influences = influences(report.ledger, e.what.origin, e.what.value, &e.unexplained);
  if (!e.step.empty()) return e;

  for (auto const& level : report.card.levels)
    for (auto const& c : level.checks) {
      const bool same_number = c.origin.kind() != Origin::Kind::unknown && c.origin == e.what.origin;
      const bool same_check = e.what.path == "scorecard." + level.id + '.' + c.id;
      if ((same_number && c.value == e.what.value) || same_check) e.compared.push_back(c);
    }
  if (e.term)
    for (auto const& c : e.term->confused) {
      Variant v{{}, {}, std::string(c.differs), unknown, {}, false};
      if (Term const* other = c.with.empty() ? nullptr : term(c.with)) {
        v.name = other->name;
        for (auto const& p : other->metrics)
          if (Metric const* m = report.metric(p)) {
            v.path = std::string(p), v.value = m->value, v.dimension = m->dimension, v.percent = m->percent;
            break;
          }
      }
      const double factor = c.factor != 0 ? c.factor : quotient(report.ledger, c);
      if (factor != 0 && factor != 1) v.value = e.what.value * factor, v.dimension = e.what.dimension, v.percent = e.what.percent;
      e.confused.push_back(std::move(v));
    }
  return e;
}

}  // namespace mlsysim::teaching
