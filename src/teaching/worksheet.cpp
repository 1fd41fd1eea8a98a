#include "mlsysim/teaching/worksheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "leaves.hpp"
#include "mlsysim/teaching/explanation.hpp"
#include "mlsysim/teaching/glossary.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::teaching {
namespace {

/// Metrics whose derivation is short enough to be done by hand: first those of what few scenarios are about, then what most have.
constexpr std::string_view suitable[] = {"reliability.young_interval", "reliability.fleet_mtbf", "battery.life", "data.stall", "tail.any_slow", "memory.kv_cache", "distributed.bubble_fraction", "performance.intensity", "serving.tpot",
                                         "distributed.mfu", "serving.max_concurrency", "sustainability.operational_carbon", "economics.per_token", "performance.ridge", "performance.mfu", "distributed.training_time", "serving.request_throughput",
                                         "sustainability.energy", "memory.weights", "memory.activations"};
constexpr std::size_t most_steps = 7;

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the same numbers on every platform.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

 private:
  std::uint64_t state_;
};

std::string number_text(double v, Dimension const& d) { return display(v, d, 5); }

/// Writes a derivation as steps which can be done one after the other.
class Solution {
 public:
  Solution(Report const& r, Problem& p) : r_{r}, p_{p} {}

  /// \returns whether there is at least one step
  bool write(Metric const& m) {
    // As deep as the sheet has room for.
    for (int depth = 4; depth >= 1; --depth) {
      p_.steps.clear(), p_.given.clear(), symbols_.clear(), done_.clear();
      step(m.origin, m.value, m.dimension, m.id, depth);
      if (p_.steps.size() <= most_steps && p_.given.size() <= 14) return !p_.steps.empty();
    }
    return !p_.steps.empty();
  }

 private:
  /// A symbol which means one thing on this sheet.
  std::string unique(std::string symbol) {
    const int n = ++symbols_[symbol];
    return n == 1 ? symbol : fmt::format("{}_{}", symbol.substr(0, symbol.find('_')), symbol.find('_') == symbol.npos ? std::to_string(n) : symbol.substr(symbol.find('_') + 1) + std::to_string(n));
  }
  void give(Origin origin, double value, Dimension const& dimension, std::string const& symbol) {
    std::string what;
    if (Fact const* f = r_.ledger.fact(origin)) {
      Source const* s = r_.ledger.source(*f);
      what = f->path + (f->kind == Origin::Kind::assumed ? " (assumed" + (f->note.empty() ? std::string() : ": " + f->note) + ")" : s ? " (" + s->title + ")" : "");
    } else if (const auto name = name_of(r_, origin, value, dimension); !name.empty()) {
      what = name;
    } else if (Step const* s = r_.ledger.step(origin)) {
      what = s->equation ? std::string(s->equation->id) : s->label;
    }
    const std::string text = number_text(value, dimension);
    for (auto const& g : p_.given)
      if (g.symbol == symbol && g.value == text) return;
    p_.given.push_back({symbol, text, what, 0});
  }
  void step(Origin origin, double value, Dimension const& dimension, std::string const& symbol, int depth) {
    Step const* s = r_.ledger.step(origin);
    if (!s || depth == 0 || (!s->equation && s->inputs.size() > 6) || !std::isfinite(value)) {
      give(origin, value, dimension, symbol);
      return;
    }
    if (!done_.insert(origin.index()).second) return;
    for (std::size_t i = 0; i < s->inputs.size(); ++i) {
      auto const& in = s->inputs[i];
      step(in.origin, in.value, in.dimension, s->equation ? std::string(s->equation->symbols[i]) : fmt::format("{}_{}", symbol, i + 1), depth - 1);
    }
    SolutionStep out{unique(symbol), s->equation, {}, number_text(value, dimension), value, dimension};
    for (auto const& in : s->inputs) out.numbers.push_back(number_text(in.value, in.dimension));
    p_.steps.push_back(std::move(out));
    // Steps before have claimed what they use.
    for (auto& g : p_.given)
      if (g.step == 0) g.step = p_.steps.size();
  }

  Report const& r_;
  Problem& p_;
  std::map<std::string, int> symbols_;
  std::set<std::uint32_t> done_;
};

struct Setting {
  Report report;
  std::string words;
};

bool feasible(Report const& r) { return !r.card.levels.empty() && r.card.levels[0].verdict != Verdict::fail; }

std::optional<Report> evaluated(registry::Catalogue const& catalogue, std::string const& yaml) {
  try {
    std::vector<Diagnostic> problems;
    const auto document = io::parse_yaml(yaml, "variant", problems);
    if (!problems.empty()) return {};
    const auto loaded = scenario::load(catalogue, document, problems);
    if (!problems.empty()) return {};
    return scenario::evaluate(loaded);
  } catch (InputError const&) {
    return {};
  }
}

/// The scenario with some of its counts and shares changed, so that it still fits and the metric has another value.
std::optional<Setting> vary(registry::Catalogue const& catalogue, std::vector<Leaf> const& leaves, Report const& original, std::string const& metric, std::uint64_t seed) {
  constexpr std::string_view counts[] = {"workload.batch", "workload.prompt", "workload.output", "workload.sequence", "workload.training.global_batch"};
  constexpr double factors[] = {0.25, 0.5, 0.75, 1.5, 2, 3, 4};
  Random random(seed);
  const double was = original.metric(metric)->value;
  for (int tries = 0; tries < 12; ++tries) {
    std::vector<Leaf> changed = leaves;
    std::string words;
    const auto put = [&](Leaf& leaf, std::string value) {
      words += fmt::format("{}{} = {}", words.empty() ? "" : ", ", joined(leaf.path), value);
      leaf.yaml = leaf.text = std::move(value);
    };
    for (auto& leaf : changed) {
      const std::string path = joined(leaf.path);
      const auto q = parse_quantity(leaf.text);
      if (q.error != QuantityTextError::none && q.error != QuantityTextError::no_unit) continue;
      if (random.below(3) == 0) continue;
      const double f = factors[random.below(std::size(factors))];
      if (std::find(std::begin(counts), std::end(counts), path) != std::end(counts)) {
        const double n = std::max(1.0, std::round(q.number * f));
        if (n < 1e6 && n != q.number) put(leaf, fmt::format("{:.0f}", n));
      } else if (path == "reliability.checkpoint_time" || path == "reliability.device_mtbf" || path == "infrastructure.lifetime" || path == "workload.training.tokens" || path == "workload.duty.rate" || path == "workload.duty.battery") {
        put(leaf, shortest(q.number * f) + (q.has_unit ? ' ' + std::string(q.unit_text) : ""));
      } else if (path == "infrastructure.utilisation" || path == "tail.spread") {
        put(leaf, shortest(std::round(q.number * (0.5 + 0.1 * static_cast<double>(random.below(6))) * 100) / 100));
      } else if (path == "tail.participants") {
        put(leaf, fmt::format("{:.0f}", std::max(2.0, std::round(q.number * f))));
      }
    }
    if (words.empty()) continue;
    auto r = evaluated(catalogue, yaml_of(changed));
    if (!r || !feasible(*r)) continue;
    Metric const* m = r->metric(metric);
    if (!m || m->value == was || !std::isfinite(m->value)) continue;
    return Setting{std::move(*r), std::move(words)};
  }
  return {};
}

}  // namespace

Worksheet worksheet(registry::Catalogue const& catalogue, io::Document const& document, WorksheetOptions const& options) {
  std::vector<Diagnostic> problems;
  const auto loaded = scenario::load(catalogue, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  const Report original = scenario::evaluate(loaded);
  Worksheet sheet{original.title.empty() ? original.summary : original.title, original.about, original.file, options.seed, {}};
  std::vector<std::string> metrics = options.metrics;
  const std::vector<Leaf> leaves = leaves_of(document);
  if (metrics.empty()) {
    // First those which have another value with other numbers: a second problem with the same answer teaches little.
    for (const bool varies : {true, false})
      for (auto path : suitable) {
        Metric const* m = original.metric(path);
        if (!m || metrics.size() == 3 || !original.ledger.step(m->origin) || m->value == 0 || !std::isfinite(m->value)) continue;
        if (std::find(metrics.begin(), metrics.end(), path) != metrics.end()) continue;
        if (!varies || vary(catalogue, leaves, original, std::string(path), options.seed)) metrics.emplace_back(path);
      }
    if (metrics.empty())
      for (auto const& [path, m] : original.metrics())
        if (metrics.empty() && original.ledger.step(m->origin) && m->value != 0) metrics.push_back(path);
  }
  for (auto const& metric : metrics) {
    Metric const* m = original.metric(metric);
    if (!m) {
      std::vector<std::string_view> names;
      const auto all = original.metrics();
      for (auto const& [path, other] : all) names.push_back(path);
      std::string near;
      for (auto const& n : nearest(metric, names, 3)) near += (near.empty() ? "nearest: " : ", ") + n;
      throw InputError({{330, fmt::format("no number '{}' in this result", metric), {original.file, 0, 0, 1, {}}, "", near}});
    }
    const auto problem = [&](Report const& r, std::string setting) {
      // A label of the report may lean on its neighbours there, such as "the same to first order"; the name of the term stands alone.
      Term const* defined = term_of(metric);
      Problem p{metric, defined ? std::string(defined->name) : m->label, std::move(setting), {}, {}, 0};
      if (!Solution(r, p).write(*r.metric(metric))) throw InputError({{332, fmt::format("'{}' is given, not computed: there is nothing to work out", metric), {original.file, 0, 0, 1, {}}, "", "choose a metric with steps: `mlsysim explain SCENARIO METRIC` shows them"}});
      return p;
    };
    Problem worked = problem(original, {});
    worked.shown = worked.steps.size();
    sheet.problems.push_back(std::move(worked));
    for (std::uint64_t part : {1U, 2U}) {
      const auto setting = vary(catalogue, leaves, original, metric, options.seed * 1000003U + part);
      Problem p = setting ? problem(setting->report, setting->words) : problem(original, {});
      const auto faded = static_cast<std::size_t>(std::max(1, options.faded));
      p.shown = part == 1 && p.steps.size() > faded ? p.steps.size() - faded : 0;
      sheet.problems.push_back(std::move(p));
    }
  }
  return sheet;
}

}  // namespace mlsysim::teaching
