#include "mlsysim/teaching/diff.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "leaves.hpp"

namespace mlsysim::teaching {
namespace {

/// A change of one or more leaves which is made as a whole.
struct Unit {
  std::vector<std::pair<std::optional<Leaf>, std::optional<Leaf>>> leaves;
  std::uint32_t changes = 0;
};

using Values = std::map<std::string, double, std::less<>>;

class Mixer {
 public:
  Mixer(registry::Catalogue const& catalogue, std::vector<Leaf> const& same, std::vector<Unit> const& units) : catalogue_{catalogue}, same_{same}, units_{units} {}

  /// Metrics of the scenario which has the changes of `units` made; empty if there is no such scenario.
  std::optional<Values> const& at(std::uint32_t units) {
    const auto known = known_.find(units);
    if (known != known_.end()) return known->second;
    return known_.emplace(units, evaluate(units)).first->second;
  }
  void set(std::uint32_t units, Report const& report) { known_[units] = values(report); }
  std::size_t evaluations() const { return evaluations_; }

 private:
  static Values values(Report const& report) {
    Values v;
    for (auto const& [path, m] : report.metrics()) v[path] = m->value;
    return v;
  }
  std::optional<Values> evaluate(std::uint32_t units) {
    ++evaluations_;
    std::vector<Leaf> mixture = same_;
    for (std::size_t i = 0; i < units_.size(); ++i)
      for (auto const& [before, after] : units_[i].leaves) {
        auto const& leaf = units >> i & 1U ? after : before;
        if (leaf) mixture.push_back(*leaf);
      }
    try {
      std::vector<Diagnostic> problems;
      const auto document = io::parse_yaml(yaml_of(mixture), "mixture", problems);
      if (!problems.empty()) return {};
      const auto loaded = scenario::load(catalogue_, document, problems);
      if (!problems.empty()) return {};
      return values(scenario::evaluate(loaded));
    } catch (InputError const&) {
      return {};
    }
  }

  registry::Catalogue const& catalogue_;
  std::vector<Leaf> const& same_;
  std::vector<Unit> const& units_;
  std::map<std::uint32_t, std::optional<Values>> known_;
  std::size_t evaluations_ = 0;
};

/// Value of a metric in a mixture; NaN if the mixture or the metric does not exist.
double value_at(Mixer& mixer, std::uint32_t units, std::string const& metric) {
  auto const& v = mixer.at(units);
  if (!v) return std::nan("");
  const auto found = v->find(metric);
  return found == v->end() ? std::nan("") : found->second;
}

/// Joins units until every mixture of the groups has the metric. Greedy: the pair which leaves the fewest gaps.
std::vector<std::uint32_t> groups_for(Mixer& mixer, std::size_t count, std::string const& metric) {
  std::vector<std::uint32_t> groups;
  for (std::size_t i = 0; i < count; ++i) groups.push_back(1U << i);
  const auto gaps = [&](std::vector<std::uint32_t> const& g) {
    std::size_t n = 0;
    for (std::uint32_t mask = 0; mask < 1U << g.size(); ++mask) {
      std::uint32_t units = 0;
      for (std::size_t i = 0; i < g.size(); ++i)
        if (mask >> i & 1U) units |= g[i];
      n += std::isnan(value_at(mixer, units, metric));
    }
    return n;
  };
  while (groups.size() > 1 && gaps(groups) > 0) {
    std::vector<std::uint32_t> best;
    double fewest = 2;
    for (std::size_t i = 0; i < groups.size(); ++i)
      for (std::size_t k = i + 1; k < groups.size(); ++k) {
        auto joined_pair = groups;
        joined_pair[i] |= joined_pair[k];
        joined_pair.erase(joined_pair.begin() + static_cast<std::ptrdiff_t>(k));
        const double share = static_cast<double>(gaps(joined_pair)) / static_cast<double>(1U << joined_pair.size());
        if (share < fewest) fewest = share, best = std::move(joined_pair);
      }
    groups = std::move(best);
  }
  return groups;
}

/// Shapley values of the groups.
std::vector<double> shapley(Mixer& mixer, std::vector<std::uint32_t> const& groups, std::string const& metric) {
  const std::size_t n = groups.size();
  std::vector<double> factorial{1};
  for (std::size_t i = 1; i <= n; ++i) factorial.push_back(factorial.back() * static_cast<double>(i));
  const auto value = [&](std::uint32_t mask) {
    std::uint32_t units = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (mask >> i & 1U) units |= groups[i];
    return value_at(mixer, units, metric);
  };
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::uint32_t mask = 0; mask < 1U << n; ++mask) {
      if (mask >> i & 1U) continue;
      std::size_t size = 0;
      for (std::size_t k = 0; k < n; ++k) size += mask >> k & 1U;
      out[i] += factorial[size] * factorial[n - size - 1] / factorial[n] * (value(mask | 1U << i) - value(mask));
    }
  return out;
}

Report evaluated(registry::Catalogue const& catalogue, io::Document const& document, std::vector<Diagnostic>& problems) {
  const auto before = problems.size();
  const auto loaded = scenario::load(catalogue, document, problems);
  if (problems.size() != before) return {};
  return scenario::evaluate(loaded);
}

}  // namespace

Difference diff(registry::Catalogue const& catalogue, io::Document const& before, io::Document const& after) {
  Difference out;
  std::vector<Diagnostic> problems;
  out.before = evaluated(catalogue, before, problems);
  out.after = evaluated(catalogue, after, problems);
  if (!problems.empty()) throw InputError(std::move(problems));

  const std::vector<Leaf> a = leaves_of(before), b = leaves_of(after);
  std::vector<Leaf> same;
  std::vector<Unit> units;
  const auto in = [](std::vector<Leaf> const& leaves, LeafPath const& p) -> Leaf const* {
    for (auto const& l : leaves)
      if (l.path == p) return &l;
    return nullptr;
  };
  const auto change = [&](Leaf const* from, Leaf const* to) {
    Unit u;
    u.leaves.emplace_back(from ? std::optional(*from) : std::nullopt, to ? std::optional(*to) : std::nullopt);
    out.changes.push_back({joined((from ? from : to)->path), from ? from->text : "", to ? to->text : ""});
    units.push_back(std::move(u));
  };
  for (auto const& l : a) {
    Leaf const* other = in(b, l.path);
    if (other && other->yaml == l.yaml) same.push_back(l);
    else change(&l, other);
  }
  for (auto const& l : b)
    if (!in(a, l.path)) change(nullptr, &l);
  // What only states a limit moves no result.
  const auto causes = [&](std::size_t i) { return !out.changes[i].path.starts_with("limits.") && !out.changes[i].path.starts_with("assert"); };
  std::vector<Unit> acting;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (i < 32) units[i].changes = 1U << i;
    if (causes(i)) acting.push_back(units[i]);
    else if (auto const& leaf = units[i].leaves[0].second ? units[i].leaves[0].second : units[i].leaves[0].first) same.push_back(*leaf);
  }
  // Many changes: those of one part of the file are made together, then one part after the other.
  if (acting.size() > most_shapley_changes || units.size() > 32) {
    std::vector<Unit> parts;
    std::vector<std::string> names;
    for (auto const& u : acting) {
      auto const& p = (u.leaves[0].first ? u.leaves[0].first : u.leaves[0].second)->path;
      const std::string name = p[0] + (p.size() > 1 ? "." + p[1] : "");
      const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
      if (at == names.size()) names.push_back(name), parts.emplace_back();
      parts[at].leaves.insert(parts[at].leaves.end(), u.leaves.begin(), u.leaves.end());
      parts[at].changes |= u.changes;
    }
    acting = std::move(parts);
  }
  if (acting.size() > 31) {
    for (std::size_t i = 31; i < acting.size(); ++i) {
      acting[30].leaves.insert(acting[30].leaves.end(), acting[i].leaves.begin(), acting[i].leaves.end());
      acting[30].changes |= acting[i].changes;
    }
    acting.resize(31);
  }
  out.method = acting.empty() ? Attribution::none : acting.size() <= most_shapley_changes ? Attribution::shapley : Attribution::ordered_path;

  Mixer mixer(catalogue, same, acting);
  const std::uint32_t everything = acting.empty() ? 0 : (1U << acting.size()) - 1;
  mixer.set(0, out.before);
  mixer.set(everything, out.after);
  std::map<std::vector<bool>, std::vector<std::uint32_t>> groupings;
  const auto changes_of = [&](std::uint32_t mask) {
    std::uint32_t changes = 0;
    for (std::size_t i = 0; i < acting.size(); ++i)
      if (mask >> i & 1U) changes |= acting[i].changes;
    return changes;
  };
  for (auto const& [metric, m] : out.after.metrics()) {
    Metric const* was = out.before.metric(metric);
    if (!was) {
      out.only_after.push_back(metric);
      continue;
    }
    Moved moved{metric, m->label, was->value, m->value, m->dimension, m->percent, {}};
    if (moved.before != moved.after && std::isfinite(moved.before) && std::isfinite(moved.after) && !acting.empty()) {
      if (out.method == Attribution::shapley) {
        std::vector<bool> there;
        for (std::uint32_t mask = 0; mask <= everything; ++mask) there.push_back(!std::isnan(value_at(mixer, mask, metric)));
        auto known = groupings.find(there);
        if (known == groupings.end()) known = groupings.emplace(std::move(there), groups_for(mixer, acting.size(), metric)).first;
        const auto parts = shapley(mixer, known->second, metric);
        for (std::size_t i = 0; i < parts.size(); ++i) moved.contributions.push_back({changes_of(known->second[i]), parts[i]});
      } else {
        std::uint32_t made = 0, pending = 0;
        double last = moved.before;
        for (std::size_t i = 0; i < acting.size(); ++i) {
          made |= 1U << i, pending |= 1U << i;
          const double now = value_at(mixer, made, metric);
          if (std::isnan(now)) continue;
          moved.contributions.push_back({changes_of(pending), now - last});
          last = now, pending = 0;
        }
      }
      std::stable_sort(moved.contributions.begin(), moved.contributions.end(), [](Contribution const& x, Contribution const& y) { return std::abs(x.value) > std::abs(y.value); });
      std::erase_if(moved.contributions, [&](Contribution const& c) { return c.value == 0; });
    }
    out.results.push_back(std::move(moved));
  }
  for (auto const& [metric, m] : out.before.metrics())
    if (!out.after.metric(metric)) out.only_before.push_back(metric);
  out.evaluations = mixer.evaluations();
  return out;
}

}  // namespace mlsysim::teaching
