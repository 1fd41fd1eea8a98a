#include "design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/text.hpp"
#include "text.hpp"

namespace mlsysim::labs {
namespace {

constexpr std::size_t most_changes = 32;  // parts of which it is asked whether they are used

/// The scalars of a scenario by path; what is for people only is left out.
using Leaves = std::map<std::string, std::string>;
void collect(io::Document const& d, io::Node const& n, std::string const& path, Leaves& out) {
  if (n.kind == io::Node::Kind::scalar) out[path] = n.text;
  std::size_t index = 0;
  for (auto const& c : d.children(n)) {
    const std::string key = n.kind == io::Node::Kind::map ? std::string(c.key) : std::to_string(index++);
    if (path.empty() && (key == "name" || key == "about" || key == "assert" || key == "limits")) continue;
    collect(d, c, path.empty() ? key : path + '.' + key, out);
  }
}
Leaves leaves_of(io::Document const& d) {
  Leaves out;
  if (!d.nodes.empty()) collect(d, d.root(), {}, out);
  return out;
}

bool below(std::string const& path, std::string const& prefix) { return path == prefix || (path.starts_with(prefix) && path.size() > prefix.size() && path[prefix.size()] == '.'); }

/// The tree without one of its paths.
io::Document without(io::Document const& d, std::string const& path) {
  struct Built {
    std::vector<io::Node> nodes;
    std::shared_ptr<const void> kept;
  };
  auto out = std::make_shared<Built>();
  out->kept = d.storage;
  std::vector<std::pair<io::Node const*, std::string>> origin{{&d.root(), ""}};
  out->nodes.push_back(d.root());
  for (std::size_t i = 0; i < out->nodes.size(); ++i) {
    const auto [from, at] = origin[i];
    const auto first = out->nodes.size();
    std::size_t index = 0;
    for (auto const& c : d.children(*from)) {
      const std::string key = from->kind == io::Node::Kind::map ? std::string(c.key) : std::to_string(index++);
      std::string child = at.empty() ? key : at + '.' + key;
      if (child == path) continue;
      out->nodes.push_back(c);
      origin.emplace_back(&c, std::move(child));
    }
    out->nodes[i].first = static_cast<std::uint32_t>(first);
    out->nodes[i].count = static_cast<std::uint32_t>(out->nodes.size() - first);
  }
  io::Document r;
  r.nodes = out->nodes;
  r.files = d.files;
  r.storage = std::move(out);
  return r;
}

bool same_results(Report const& a, Report const& b) {
  const auto x = a.metrics(), y = b.metrics();
  if (x.size() != y.size() || a.card.verdict != b.card.verdict) return false;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i].first != y[i].first || x[i].second->value != y[i].second->value) return false;
  return true;
}

/// Whether every part which the student changed changes a result.
std::string unused_part(Instance const& instance, io::Document const& design, Report const& report, Leaves const& start, Leaves const& mine) {
  std::size_t asked = 0;
  std::vector<std::string> changed;
  for (auto const& [path, text] : mine)
    if (const auto s = start.find(path); s == start.end() || s->second != text) changed.push_back(path);
  for (auto const& path : changed) {
    if (++asked > most_changes) break;
    std::optional<io::Document> back;
    const auto s = start.find(path);
    std::string problem;
    if (s == start.end()) back = without(design, path);
    else back = Instance::changed(design, {{path, s->second}}, problem);
    if (!back) continue;
    try {
      if (same_results(instance.evaluate(*back), report)) return path;
    } catch (InputError const&) {
      // Without this part there is no scenario at all: it is used.
    }
  }
  return {};
}

}  // namespace

void prepare_front(Instance const& instance, DesignRubric const& rubric, FrontCache& cache, std::string const& question) {
  if (!rubric.front) return;
  const auto [at, fresh] = cache.best.try_emplace({&instance, question});
  if (!fresh) return;
  auto const& f = *rubric.front;
  std::string problem;
  auto const* start = instance.document(rubric.from, problem);
  if (!start) return;
  std::vector<std::size_t> index(f.search.size(), 0);
  for (std::size_t tried = 0; tried < most_designs; ++tried) {
    std::vector<Change> changes;
    for (std::size_t i = 0; i < f.search.size(); ++i) changes.push_back({instance.replaced(f.search[i].path), instance.replaced(f.search[i].values[index[i]])});
    std::string trouble;
    if (const auto candidate = Instance::changed(*start, changes, trouble)) {
      try {
        const Report r = instance.evaluate(*candidate);
        const Instance::Scope scope(instance, "design", r);
        bool allowed = true;
        for (auto const& c : f.subject_to) allowed = allowed && instance.holds(c, trouble).value_or(false);
        const auto v = allowed ? instance.value(f.minimise, trouble) : std::nullopt;
        if (v && (!at->second || v->number < *at->second)) at->second = v->number;
      } catch (InputError const&) {
        // A combination which makes no scenario is no candidate.
      }
    }
    std::size_t axis = 0;
    while (axis < index.size() && ++index[axis] == f.search[axis].values.size()) index[axis++] = 0;
    if (axis == index.size()) break;
  }
}

DesignVerdict judge_design(Instance const& instance, DesignRubric const& rubric, std::pair<std::string, std::string> const& file, FrontCache& cache, std::string const& question) {
  DesignVerdict v;
  std::vector<Diagnostic> problems;
  const io::Document design = io::parse_yaml(file.second, file.first, problems);
  if (!problems.empty()) {
    v.problem = first_line(problems);
    return v;
  }
  std::string problem;
  auto const* start = instance.document(rubric.from, problem);
  if (!start) {
    v.problem = problem;
    return v;
  }
  std::optional<Report> report;
  try {
    report = instance.evaluate(design);
  } catch (InputError const& error) {
    v.problem = first_line(error.problems());
    return v;
  }

  const Leaves before = leaves_of(*start), mine = leaves_of(design);
  for (auto const& path : rubric.keep) {
    const auto part = [&](Leaves const& all) {
      Leaves out;
      for (auto const& [p, text] : all)
        if (below(p, path)) out[p] = text;
      return out;
    };
    if (part(before) == part(mine)) continue;
    v.steps.push_back({Feedback::which, "keep", fmt::format("'{}' is not yours to change; nothing else was judged", path)});
    return v;
  }

  const Instance::Scope scope(instance, "design", *report);
  bool feasible = true;
  for (auto const& r : rubric.require) {
    std::string trouble;
    const auto holds = instance.holds(r.that, trouble);
    if (holds.value_or(false)) v.points += r.points.value;
    feasible = feasible && holds.value_or(false);
    v.steps.push_back({Feedback::which, holds.value_or(false) ? "holds" : "fails", instance.replaced(r.say)});
    if (!holds.value_or(false) && !trouble.empty()) v.steps.push_back({Feedback::hint, "because", trouble});
  }
  if (rubric.front) {
    prepare_front(instance, rubric, cache, question);
    auto const& f = *rubric.front;
    const auto best = cache.best[{&instance, question}];
    std::string trouble;
    const auto value = instance.value(f.minimise, trouble);
    if (!feasible || !value || !best) {
      v.steps.push_back({Feedback::which, "front", !feasible ? "not judged while a property fails" : "cannot be judged: " + (trouble.empty() ? std::string("no candidate is known") : trouble)});
    } else {
      const double worse = value->number / *best - 1;
      const double share = worse <= f.within.value ? 1 : std::max(0.0, 1 - (worse - f.within.value) / std::max(f.zero_at.value - f.within.value, 1e-9));
      v.points += share * f.points.value;
      v.steps.push_back({Feedback::which, "front", share >= 1 ? "as good as the best known" : share > 0 ? "there is a better one" : "far from the best known"});
      v.steps.push_back({Feedback::full, "best known", fmt::format("{}; yours {}", display(*best, Dimension(value->dimension)), display(value->number, Dimension(value->dimension)))});
    }
  }
  if (rubric.used.value > 0) {
    const auto unused = unused_part(instance, design, *report, before, mine);
    const bool changed = before != mine;
    if (changed && unused.empty()) v.points += rubric.used.value;
    v.steps.push_back({Feedback::which, "used", !changed ? "nothing was changed" : unused.empty() ? "every part you changed has an effect" : fmt::format("'{}' changes no result: why is it there?", unused)});
  }
  return v;
}

}  // namespace mlsysim::labs
