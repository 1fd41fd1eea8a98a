#include "mlsysim/provenance/ledger.hpp"

#include <algorithm>

#include "mlsysim/units/text.hpp"

namespace mlsysim {
namespace {

std::string latex_word(std::string_view word) {
  constexpr std::string_view greek[] = {"alpha", "beta", "gamma", "delta", "eta", "lambda", "mu", "rho", "sigma", "tau"};
  if (word.size() == 1) return std::string(word);
  if (std::find(std::begin(greek), std::end(greek), word) != std::end(greek)) return "\\" + std::string(word);
  std::string text = "\\mathrm{";
  for (char c : word) text += c == '_' ? std::string("\\_") : std::string(1, c);
  return text + "}";
}

}  // namespace

std::string latex_symbol(std::string_view symbol) {
  const auto cut = symbol.find('_');
  if (cut == std::string_view::npos) return latex_word(symbol);
  return latex_word(symbol.substr(0, cut)) + "_{" + latex_word(symbol.substr(cut + 1)) + "}";
}

Origin Ledger::add(Fact fact) {
  const auto kind = fact.kind;
  facts_.push_back(std::move(fact));
  return {kind, static_cast<std::uint32_t>(facts_.size() - 1)};
}

Origin Ledger::add(Step step) {
  steps_.push_back(std::move(step));
  return {Origin::Kind::step, static_cast<std::uint32_t>(steps_.size() - 1)};
}

void Ledger::name(Origin origin, std::string_view part) {
  if (step(origin) && steps_[origin.index()].equation) steps_[origin.index()].label = part;
}

std::int32_t Ledger::add(Source source) {
  const auto found = std::find_if(sources_.begin(), sources_.end(), [&](Source const& s) { return s.id == source.id; });
  if (found != sources_.end()) return static_cast<std::int32_t>(found - sources_.begin());
  sources_.push_back(std::move(source));
  return static_cast<std::int32_t>(sources_.size() - 1);
}

bool Ledger::restate(std::string_view path, double value, std::string_view as_written, std::string_view note) {
  for (auto& f : facts_) {
    if (f.kind != Origin::Kind::assumed || f.path != path) continue;
    f.value = value;
    f.as_written = as_written;
    f.note = note;
    return true;
  }
  return false;
}

Fact const* Ledger::fact(Origin origin) const {
  using Kind = Origin::Kind;
  const bool written = origin.kind() == Kind::fact || origin.kind() == Kind::given || origin.kind() == Kind::assumed;
  return written && origin.index() < facts_.size() ? &facts_[origin.index()] : nullptr;
}

Step const* Ledger::step(Origin origin) const {
  return origin.kind() == Origin::Kind::step && origin.index() < steps_.size() ? &steps_[origin.index()] : nullptr;
}

Source const* Ledger::source(Fact const& fact) const {
  return fact.source >= 0 ? &sources_[static_cast<std::size_t>(fact.source)] : nullptr;
}

std::vector<Origin> Ledger::facts_behind(Origin origin) const {
  std::vector<Origin> found;
  std::vector<bool> step_seen(steps_.size()), fact_seen(facts_.size());
  std::vector<Origin> open{origin};
  while (!open.empty()) {
    const Origin o = open.back();
    open.pop_back();
    if (Step const* s = step(o)) {
      if (step_seen[o.index()]) continue;
      step_seen[o.index()] = true;
      for (auto i = s->inputs.rbegin(); i != s->inputs.rend(); ++i) open.push_back(i->origin);
    } else if (fact(o) && !fact_seen[o.index()]) {
      fact_seen[o.index()] = true;
      found.push_back(o);
    }
  }
  return found;
}

namespace detail {
Origin assume(Ledger& ledger, std::string_view name, double value, Dimension const& dimension, std::string_view reason) {
  auto const& facts = ledger.facts();
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].kind == Origin::Kind::assumed && facts[i].path == name && facts[i].value == value)
      return {Origin::Kind::assumed, static_cast<std::uint32_t>(i)};
  }
  Fact f;
  f.path = name;
  f.value = value;
  f.dimension = dimension;
  f.as_written = display(value, dimension);
  f.note = reason;
  f.kind = Origin::Kind::assumed;
  return ledger.add(std::move(f));
}
}  // namespace detail

}  // namespace mlsysim
