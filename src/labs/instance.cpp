#include "mlsysim/labs/instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/registry/files.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"
#include "text.hpp"

namespace mlsysim::labs {
namespace {

using validation::Expression;
using validation::Value;

constexpr double equal_within = 1e-9;
constexpr int deepest_value = 16;  // values which use values

Exponents exponents_of(Dimension const& d) {
  const auto u = parse_unit(d.unit());
  return u.unit.dimension;
}

}  // namespace

std::string seed_of(Lab const& lab, std::string_view student, std::string_view secret) {
  return registry::sha256_hex(fmt::format("{}\n{}\n{}", lab.id, student, secret));
}

Instance::Instance(Lab const& lab, registry::Catalogue const& catalogue, Track track, std::string_view seed, std::shared_ptr<ReportCache> shared)
    : lab_{lab}, catalogue_{catalogue}, track_{track}, shared_{shared ? std::move(shared) : std::make_shared<ReportCache>()} {
  for (auto const& v : lab.variables) {
    auto const& choices = v.choices(track);
    if (choices.empty()) continue;
    std::size_t index = 0;
    if (!seed.empty()) index = static_cast<std::size_t>(std::stoull(registry::sha256_hex(fmt::format("{}\n{}", seed, v.name)).substr(0, 15), nullptr, 16) % choices.size());
    // A choice may speak of variables before it.
    variables_.emplace_back(v.name, replaced(choices[index]));
  }
}

std::string Instance::variant() const {
  std::string out;
  for (auto const& bound : variables_) {
    auto const& v = *std::find_if(lab_.variables.begin(), lab_.variables.end(), [&](auto const& x) { return x.name == bound.first; });
    if (v.choices(track_).size() > 1) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", bound.first, bound.second);
  }
  return out;
}

std::string Instance::replaced(std::string_view text) const {
  return substituted(text, [&](std::string_view name) -> std::string const* {
    for (auto const& [n, value] : variables_)
      if (n == name) return &value;
    return nullptr;
  });
}

std::string Instance::file(std::string_view name) const {
  auto const* text = lab_.file(name);
  return text ? replaced(*text) : std::string{};
}

NamedScenario const* Instance::scenario(std::string_view name) const {
  for (auto const* list : {&lab_.scenarios, &lab_.variations})
    for (auto const& s : *list)
      if (s.name == name) return &s;
  return nullptr;
}

std::optional<io::Document> Instance::changed(io::Document const& document, std::vector<Change> const& changes, std::string& problem) {
  std::string text;
  for (auto const& c : changes) text += fmt::format("{}: {}\n", c.path, c.value);
  std::vector<Diagnostic> problems;
  const io::Document values = io::parse_yaml(text, "changes", problems);
  if (!problems.empty()) {
    problem = first_line(problems);
    return {};
  }
  std::vector<io::Override> overrides;
  for (auto const& n : values.children(values.root())) overrides.push_back({std::string(n.key), &values, &n});
  std::vector<bool> used;
  io::Document out = io::overlay(document, document.root(), overrides, used);
  for (std::size_t i = 0; i < used.size(); ++i)
    if (!used[i]) problem = fmt::format("'{}' leads nowhere", overrides[i].path);
  if (!problem.empty()) return {};
  return out;
}

io::Document const* Instance::document(std::string_view name, std::string& problem) const {
  auto found = documents_.find(name);
  if (found == documents_.end()) {
    Kept<io::Document> kept;
    NamedScenario const* s = scenario(name);
    const std::string file_name = s ? replaced(s->file) : std::string{};
    if (!s) kept.problem = fmt::format("there is no scenario '{}'", name);
    else if (!lab_.file(file_name)) kept.problem = fmt::format("the lab has no file '{}'", file_name);
    else {
      std::vector<Diagnostic> problems;
      io::Document d = io::parse_yaml(file(file_name), file_name, problems);
      std::vector<Change> changes = s->set;
      for (auto& c : changes) c.path = replaced(c.path), c.value = replaced(c.value);
      if (!problems.empty()) kept.problem = first_line(problems);
      else if (changes.empty()) kept.value = std::make_shared<io::Document>(std::move(d));
      else if (auto changed_ = changed(d, changes, kept.problem)) kept.value = std::make_shared<io::Document>(std::move(*changed_));
    }
    found = documents_.emplace(std::string(name), std::move(kept)).first;
  }
  if (!found->second.value) problem = found->second.problem;
  return found->second.value.get();
}

Report Instance::evaluate(io::Document const& document) const {
  std::vector<Diagnostic> problems;
  const auto loaded = scenario::load(catalogue_, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  return scenario::evaluate(loaded);
}

Report const* Instance::report(std::string_view name, std::string& problem) const {
  auto found = reports_.find(name);
  if (found == reports_.end()) {
    Kept<Report const> kept;
    if (auto const* d = document(name, kept.problem)) {
      auto const& s = *scenario(name);
      std::string text = file(replaced(s.file));
      for (auto const& c : s.set) text += fmt::format("\n{}: {}", replaced(c.path), replaced(c.value));
      auto& same = shared_->reports[text];
      try {
        if (!same) same = std::make_shared<Report>(evaluate(*d));
        kept.value = same;
      } catch (InputError const& error) {
        kept.problem = fmt::format("the scenario '{}' cannot be evaluated: {}", name, first_line(error.problems()));
      }
    }
    found = reports_.emplace(std::string(name), std::move(kept)).first;
  }
  if (!found->second.value) problem = found->second.problem;
  return found->second.value.get();
}

Instance::Scope::Scope(Instance const& instance, std::string name, Report const& report) : instance_{instance} { instance.scopes_.emplace_back(std::move(name), &report); }
Instance::Scope::~Scope() { instance_.scopes_.pop_back(); }

Instance::FactsBehind::FactsBehind(Instance const& instance) : instance_{instance} { instance.behind_ = this; }
Instance::FactsBehind::~FactsBehind() { instance_.behind_ = nullptr; }

void Instance::note(Ledger const& ledger, Origin origin, std::string_view scenario) const {
  if (!behind_) return;
  for (auto const& o : ledger.facts_behind(origin)) {
    Fact const& f = *ledger.fact(o);
    behind_->texts.emplace(f.kind == Origin::Kind::fact || scenario.empty() ? f.path : fmt::format("{}.{}", scenario, f.path), f.as_written);
  }
}

std::optional<Value> Instance::in_report(Report const& r, std::string_view name, std::string_view path, std::string& problem) const {
  if (path == "fits" || path == "passes")
    for (auto const& level : r.card.levels)
      for (auto const& c : level.checks) note(r.ledger, c.origin, name);
  if (path == "fits") return Value{!r.card.levels.empty() && r.card.levels[0].verdict == Verdict::pass ? 1.0 : 0.0, {}, {}};
  if (path == "passes") return Value{r.card.verdict == Verdict::pass ? 1.0 : 0.0, {}, {}};
  if (auto const* m = r.metric(path)) {
    note(r.ledger, m->origin, name);
    return Value{m->value, exponents_of(m->dimension), m->interval};
  }
  for (std::size_t i = 0; i < r.ledger.facts().size(); ++i) {
    auto const& f = r.ledger.facts()[i];
    if (f.path != path) continue;
    note(r.ledger, {f.kind, static_cast<std::uint32_t>(i)}, name);
    return Value{f.value, exponents_of(f.dimension), {}};
  }
  if (path.starts_with("step."))
    for (std::size_t i = 0; i < r.ledger.steps().size(); ++i) {
      auto const& s = r.ledger.steps()[i];
      if (!s.equation || s.equation->id != path.substr(5)) continue;
      note(r.ledger, {Origin::Kind::step, static_cast<std::uint32_t>(i)}, name);
      return Value{s.value, exponents_of(s.dimension), {}};
    }
  problem = fmt::format("'{}' has no metric or number '{}'", name, path);
  return {};
}

std::optional<Value> Instance::in_entry(NamedEntry const& e, std::string_view path, std::string& problem) const {
  const std::string name = replaced(e.entry);
  const auto entries = catalogue_.entries_named(name);
  if (entries.empty()) {
    problem = fmt::format("nothing in the registry is called '{}'", name);
    return {};
  }
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    try {
      found = entries_.emplace(name, registry::facts_of(catalogue_, *entries.front())).first;
    } catch (InputError const& error) {
      problem = first_line(error.problems());
      return {};
    }
  }
  const std::string whole = fmt::format("{}.{}", entries.front()->id, path);
  for (auto const& f : found->second.facts()) {
    if (f.path != whole) continue;
    if (behind_) behind_->texts.emplace(f.path, f.as_written);
    return Value{f.value, exponents_of(f.dimension), {}};
  }
  problem = fmt::format("{} has no number '{}'", entries.front()->id, path);
  return {};
}

std::optional<Value> Instance::search(Search const& s, std::string& problem) const {
  const auto number = [&](std::string const& text) -> std::optional<Value> {
    const auto q = parse_quantity(text);
    if (q.error == QuantityTextError::none) return Value{q.base_value(), q.unit.dimension, {}};
    problem = fmt::format("'{}' is not a number", text);
    return {};
  };
  const auto varied = [&](std::string const& name, std::string const& at) -> std::optional<Report> {
    auto const* base = document(name, problem);
    const auto point = base ? changed(*base, {{replaced(s.path), at}}, problem) : std::nullopt;
    if (!point) return {};
    try {
      return evaluate(*point);
    } catch (InputError const& error) {
      problem = first_line(error.problems());
      return {};
    }
  };
  for (auto const& text : s.among) {
    const std::string at = replaced(text);
    const auto r = varied(s.scenario, at);
    const auto other = r && !s.against.empty() ? varied(s.against, at) : std::nullopt;
    if (!r || (!s.against.empty() && !other)) return {};
    const Scope here(*this, "here", *r), there(*this, "there", other ? *other : *r);
    bool all = true;
    for (auto const& c : s.until) {
      const auto h = holds(c, problem);
      if (!h) return {};
      all = all && *h;
    }
    if (!all) continue;
    return number(at);
  }
  if (!s.otherwise.empty()) return number(replaced(s.otherwise));
  problem = fmt::format("no value of '{}' fulfils what is looked for", s.path);
  return {};
}

std::optional<Value> Instance::look_up(std::string_view name, std::string& problem) const {
  const auto dot = name.find('.');
  const auto head = name.substr(0, dot);
  if (dot == name.npos) {
    for (auto const& [n, text] : variables_) {
      if (n != name) continue;
      const auto q = parse_quantity(text);
      if (q.error == QuantityTextError::none) return Value{q.base_value(), q.unit.dimension, {}};
      problem = fmt::format("the variable '{}' is '{}', which is no number", name, text);
      return {};
    }
    for (auto const& v : lab_.values) {
      if (v.name != name) continue;
      if (const auto known = values_.find(name); known != values_.end() && !behind_) return known->second;
      if (depth_ > deepest_value) {
        problem = fmt::format("the value '{}' leads in a circle", name);
        return {};
      }
      ++depth_;
      const auto out = v.first ? search(*v.first, problem) : value(v.is, problem);
      --depth_;
      // What rests on a design under judgement holds for that design alone.
      if (out && scopes_.empty()) values_.emplace(std::string(name), *out);
      return out;
    }
    problem = fmt::format("'{}' is neither a variable nor a value of the rubric", name);
    return {};
  }
  const auto rest = name.substr(dot + 1);
  for (auto i = scopes_.rbegin(); i != scopes_.rend(); ++i)
    if (i->first == head) return in_report(*i->second, head, rest, problem);
  for (auto const& e : lab_.entries)
    if (e.name == head) return in_entry(e, rest, problem);
  auto const* r = report(head, problem);
  return r ? in_report(*r, head, rest, problem) : std::nullopt;
}

std::optional<Value> Instance::value(std::string_view text, std::string& problem) const {
  const auto e = Expression::parse(replaced(text), problem);
  if (!problem.empty()) return {};
  return e.evaluate([&](std::string_view name) { return look_up(name, problem); }, problem);
}

std::optional<bool> Instance::holds(std::string_view text, std::string& problem) const {
  const auto c = split_comparison(text);
  if (!c) {
    problem = fmt::format("'{}' compares nothing", text);
    return {};
  }
  const auto a = value(c->left, problem);
  const auto b = a ? value(c->right, problem) : std::nullopt;
  if (!a || !b) return {};
  if (a->dimension != b->dimension) {
    problem = fmt::format("{} and {} are compared in '{}'", Dimension(a->dimension).view(), Dimension(b->dimension).view(), text);
    return {};
  }
  const bool same = std::fabs(a->number - b->number) <= equal_within * std::max(std::fabs(a->number), std::fabs(b->number));
  if (c->sign == "==") return same;
  if (c->sign == "<=") return same || a->number < b->number;
  if (c->sign == ">=") return same || a->number > b->number;
  if (c->sign == "<") return !same && a->number < b->number;
  return !same && a->number > b->number;
}

}  // namespace mlsysim::labs
