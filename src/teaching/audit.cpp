#include "mlsysim/teaching/audit.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "mlsysim/scenario/dates.hpp"

namespace mlsysim::teaching {
namespace {

/// A word selects (`kind: gemm`); it is no constant.
bool is_word(Fact const& f) { return !f.as_written.empty() && std::isalpha(static_cast<unsigned char>(f.as_written.front())); }

Audited audited(Ledger const& ledger, Fact const& f, std::string_view today) {
  Audited a;
  a.fact = f;
  if (Source const* s = ledger.source(f)) {
    a.source = s->title, a.source_kind = std::string(source_kind_name[static_cast<std::size_t>(s->kind)]), a.read = s->seen;
    a.standing = s->verified() ? Standing::verified : Standing::unverified;
  } else {
    // A registry field which its file leaves out has the default of the format: it stands in no line.
    a.standing = f.kind == Origin::Kind::given ? Standing::given : f.kind == Origin::Kind::assumed || f.line == 0 ? Standing::assumed : Standing::unsourced;
  }
  if (const auto age = scenario::age_of(ledger, f, today)) a.stale = age->old, a.undated = !age->known;
  return a;
}

}  // namespace

std::vector<Audited> audit(registry::Catalogue const& catalogue) {
  std::vector<Audited> out;
  const std::string today = catalogue.date();
  for (auto const& e : catalogue.entries()) {
    const Ledger ledger = registry::facts_of(catalogue, e);
    const std::string prefix = std::string(e.id) + '.';
    for (auto const& f : ledger.facts()) {
      // An entry which names another one reads its facts too; they are counted there.
      if (f.kind != Origin::Kind::fact || !f.path.starts_with(prefix) || (is_word(f) && !ledger.source(f))) continue;
      out.push_back(audited(ledger, f, today));
      out.back().entry = std::string(e.id);
      out.back().kind = std::string(entry_kind_name[static_cast<std::size_t>(e.kind)]);
    }
  }
  return out;
}

std::vector<Audited> audit(Report const& report, std::string_view today) {
  std::vector<Audited> out;
  std::set<std::uint32_t> seen;
  for (auto const& [path, metric] : report.metrics())
    for (auto origin : report.ledger.facts_behind(metric->origin)) {
      if (!seen.insert(origin.index()).second) continue;
      Fact const& f = *report.ledger.fact(origin);
      out.push_back(audited(report.ledger, f, today));
      if (f.kind == Origin::Kind::fact) out.back().entry = f.path.substr(0, f.path.find('.'));
    }
  return out;
}

bool satisfies(Audited const& a, Policy policy) {
  switch (policy) {
    case Policy::none: return true;
    case Policy::sourced: return a.standing != Standing::unsourced;
    case Policy::verified: return a.standing != Standing::unsourced && a.standing != Standing::unverified;
    case Policy::current: return !a.stale;
  }
  return true;
}

Table audit_summary(std::vector<Audited> const& numbers) {
  struct Row {
    double all = 0, verified = 0, unverified = 0, stale = 0;
  };
  std::map<std::string, Row> rows;
  for (auto const& a : numbers) {
    auto& r = rows[!a.source_kind.empty() ? a.source_kind : std::string(standing_name[static_cast<std::size_t>(a.standing)])];
    r.all += 1, r.verified += a.standing == Standing::verified, r.unverified += a.standing == Standing::unverified, r.stale += a.stale;
  }
  Table t{"audit_summary", "", {{"kind", "kind of source", {}, true, false, {}}, {"numbers", "numbers", {}, false, false, {}}, {"verified", "verified", {}, false, false, {}}, {"unverified", "unverified", {}, false, false, {}}, {"stale", "stale", {}, false, false, {}}}, {}};
  Row sum;
  for (auto const& [kind, r] : rows) {
    t.rows.push_back({{0, kind}, {r.all, {}}, {r.verified, {}}, {r.unverified, {}}, {r.stale, {}}});
    sum.all += r.all, sum.verified += r.verified, sum.unverified += r.unverified, sum.stale += r.stale;
  }
  t.rows.push_back({{0, "all"}, {sum.all, {}}, {sum.verified, {}}, {sum.unverified, {}}, {sum.stale, {}}});
  return t;
}

Table audit_table(std::vector<Audited> const& numbers) {
  const auto text = [](char const* id) { return Column{id, id, {}, true, false, {}}; };
  Table t{"audit", "", {text("path"), text("value"), text("standing"), text("source_kind"), text("read"), text("as_of"), text("age"), text("source")}, {}};
  for (auto const& a : numbers)
    t.rows.push_back({{0, a.fact.path}, {0, a.fact.as_written}, {0, std::string(standing_name[static_cast<std::size_t>(a.standing)])}, {0, a.source_kind}, {0, a.read}, {0, a.fact.as_of}, {0, a.stale ? "STALE" : a.undated ? "undated" : ""}, {0, a.source.empty() ? a.fact.note : a.source}});
  return t;
}

}  // namespace mlsysim::teaching
