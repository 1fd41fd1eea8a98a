#include "dates.hpp"

#include <fmt/format.h>

#include <set>

#include "mlsysim/provenance/date.hpp"

namespace mlsysim::scenario {
namespace {

struct Kind {
  std::string_view name;
  int oldest;
};

/// What a fact is by its dimension; null for everything which does not age.
Kind const* kind_of(Fact const& f) {
  static constexpr Kind price{"price", oldest_price}, grid{"grid factor", oldest_grid_factor};
  static constexpr Dimension prices[] = {Dimension("USD"), Dimension("USD/s")};
  static constexpr Dimension factors[] = {Dimension("gCO2e/J"), Dimension("L/J"), Dimension("USD/J")};
  for (auto const& d : prices)
    if (f.dimension == d) return &price;
  for (auto const& d : factors)
    if (f.dimension == d) return &grid;
  return nullptr;
}

struct Dated {
  std::string date;
  std::string words;
};
/// What is published cannot be younger than its publication, so that date stands in where the data have none.
Dated date_of(Ledger const& ledger, Fact const& f) {
  if (!f.as_of.empty()) return {f.as_of, f.as_of};
  Source const* s = ledger.source(f);
  return s && !s->published.empty() ? Dated{s->published, "published " + s->published} : Dated{};
}

/// List or spot, location or market based.
std::string scope_of(Scenario const& s, Fact const& f) {
  if (!s.infrastructure) return {};
  auto const& i = *s.infrastructure;
  const auto belongs_to = [&](std::string const& id) { return !id.empty() && f.path.starts_with(id + '.'); };
  if (i.price && belongs_to(i.price->id)) return std::string(names_of(i.price->value.term)[static_cast<std::size_t>(i.price->value.term)]);
  if (!i.grid || !belongs_to(i.grid->id)) return {};
  auto const& g = i.grid->value;
  if (f.dimension == Dimension("gCO2e/J"))
    return fmt::format("{}, {}", names_of(g.accounting)[static_cast<std::size_t>(g.accounting)], names_of(g.basis)[static_cast<std::size_t>(g.basis)]);
  return g.scope;
}

}  // namespace

std::optional<Age> age_of(Ledger const& ledger, Fact const& f, std::string_view today) {
  Kind const* kind = f.kind == Origin::Kind::fact ? kind_of(f) : nullptr;
  if (!kind) return {};
  const Dated when = date_of(ledger, f);
  const bool known = is_date(when.date) && is_date(today);
  return Age{kind->name, kind->oldest, known, known && older_than(when.date, today, kind->oldest), known ? when.words : "", known ? months_between(when.date, today) : 0};
}

void report_dates(Loaded const& loaded, Report& report) {
  const auto text_column = [](char const* id, char const* label) { return Column{id, label, {}, true, false, {}}; };
  Table dated{"dated", "", {text_column("path", "what"), text_column("value", "value"), text_column("as_of", "as of"), text_column("scope", "scope"), text_column("age", "age"), text_column("state", "")}, {}};
  std::set<std::uint32_t> seen;
  for (auto const& [path, metric] : report.metrics()) {
    for (auto origin : report.ledger.facts_behind(metric->origin)) {
      if (!seen.insert(origin.index()).second) continue;
      Fact const& f = *report.ledger.fact(origin);
      const auto age = age_of(report.ledger, f, loaded.today);
      if (!age) continue;
      dated.rows.push_back({{0, f.path}, {0, f.as_written}, {0, age->known ? age->words : "not stated"}, {0, scope_of(loaded.scenario, f)}, {0, age->known ? months_in_words(age->months) : ""}, {0, age->old ? "OLD" : age->known ? "ok" : "unknown"}});
      if (age->old)
        report.warnings.push_back(fmt::format("old {}: {} = {} ({}, {} ago); the limit is {} year{} before {}, the date of the registry", age->kind, f.path, f.as_written, age->words, months_in_words(age->months), age->limit, age->limit == 1 ? "" : "s", loaded.today));
      else if (!age->known)
        report.warnings.push_back(fmt::format("{} of unknown age: {} = {}; its source states no date", age->kind, f.path, f.as_written));
    }
  }
  if (dated.rows.empty()) return;
  Section s{"dates", "Prices and grid factors", {}, {}, {}, {}, {}};
  s.tables.push_back(std::move(dated));
  report.sections.push_back(std::move(s));
}

}  // namespace mlsysim::scenario
