#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "commands.hpp"
#include "mlsysim/io/show.hpp"
#include "mlsysim/scenario/scenario.hpp"

namespace mlsysim::cli {
namespace {

constexpr std::string_view kinds_of_list[] = {"hardware", "models", "grids", "datacentres", "prices", "nodes", "fabrics", "fleets", "calibrations", "techniques", "scaling_laws", "systems", "infrastructure", "sources", "scenarios"};
constexpr std::string_view kinds_of_schema[] = {"scenario", "hardware", "model", "grid", "datacentre", "price", "node", "fabric", "fleet", "calibration", "technique", "scaling_law", "sources", "report", "table", "errors", "derivation", "validation"};

template <class Names>
std::string list_of(Names const& names) {
  std::string out;
  for (auto const& n : names) out += (out.empty() ? "" : ", ") + std::string(n);
  return out;
}

/// What people type for a kind: hardware, models, grids, …; `systems` and `infrastructure` are several.
std::vector<EntryKind> kinds_named(std::string const& kind) {
  using K = EntryKind;
  if (kind == "systems") return {K::node, K::fabric, K::fleet};
  if (kind == "infrastructure") return {K::grid, K::datacentre, K::price};
  std::vector<EntryKind> out;
  for (std::size_t i = 0; i < entry_kind_name.size(); ++i)
    if (kind.empty() || kind == entry_kind_name[i] || kind == std::string(entry_kind_name[i]) + "s") out.push_back(static_cast<K>(i));
  return out;
}

/// Something with a name, of whatever kind.
struct Found {
  std::string kind, id, name, also;
  std::string place;  ///< searched but not shown: file, prose
};

Found found(registry::Entry const& e) {
  return {std::string(entry_kind_name[static_cast<std::size_t>(e.kind)]), std::string(e.id), std::string(e.name), list_of(e.aliases) + (e.builtin ? "" : " (from --registry)"), std::string(e.document->files[0].name)};
}
/// What a scenario does, as its `phase:` says.
std::string phase_of(std::string_view text) {
  constexpr std::string_view key = "phase: ";
  const auto at = text.find(key);
  if (at == text.npos) return {};
  const auto begin = at + key.size();
  return std::string(text.substr(begin, text.find_first_of(",} \n", begin) - begin));
}
Found found(registry::BuiltinScenario const& s) { return {"scenario", std::string(s.path), std::string(s.name), phase_of(s.text), std::string(s.about)}; }
Found found(Source const& s) { return {"source", s.id, s.title, s.verified() ? "read " + s.seen : "UNVERIFIED: never opened", s.publisher + ' ' + s.url}; }

bool matches(Found const& f, std::vector<std::string> const& words) {
  const std::string all = normalised(fmt::format("{} {} {} {} {}", f.kind, f.id, f.name, f.also, f.place));
  return std::all_of(words.begin(), words.end(), [&](auto const& w) { return all.find(normalised(w)) != all.npos; });
}

Table table_of(char const* id, std::vector<Found> const& all) {
  Table t{id, "", {text_column("kind"), text_column("id"), text_column("name"), text_column("also")}, {}};
  for (auto const& f : all) t.rows.push_back({{0, f.kind}, {0, f.id}, {0, f.name}, {0, f.also}});
  return t;
}

/// Every name of the registry, the sources and the scenarios.
std::vector<std::string> all_names(registry::Catalogue const& catalogue) {
  std::vector<std::string> names;
  for (auto const& e : catalogue.entries()) {
    names.emplace_back(e.id);
    for (auto const& a : e.aliases) names.emplace_back(a);
  }
  for (auto const& s : registry::builtin_scenarios()) names.emplace_back(s.path);
  for (auto const& s : catalogue.sources()) names.push_back(s.id);
  return names;
}
std::string nearest_words(std::string const& wanted, std::vector<std::string> const& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto near = nearest(wanted, views, 4);
  return near.empty() ? std::string() : "; nearest: " + list_of(near);
}

int write_found(char const* id, std::vector<Found> const& all, std::string const& wanted, registry::Catalogue const& catalogue, Common const& common) {
  write(table_of(id, all), common);
  // An empty list is an answer; that it is empty is said where it does not get into the data.
  if (all.empty() && common.format == "text") std::fputs(fmt::format("nothing matches '{}'{}\n", wanted, nearest_words(wanted, all_names(catalogue))).c_str(), stderr);
  return done;
}

}  // namespace

std::vector<std::string_view> list_kinds() { return {std::begin(kinds_of_list), std::end(kinds_of_list)}; }
std::vector<std::string_view> schema_kinds() { return {std::begin(kinds_of_schema), std::end(kinds_of_schema)}; }

int list(std::string const& kind, std::string const& filter, Common const& common) {
  const auto catalogue = open_catalogue(common);
  const std::vector<std::string> words{filter};
  std::vector<Found> all;
  const auto add = [&](Found f) {
    if (matches(f, words)) all.push_back(std::move(f));
  };
  if (kind == "scenarios") {
    for (auto const& s : registry::builtin_scenarios()) {
      Found f = found(s);
      f.place.clear();
      add(std::move(f));
    }
  } else if (kind == "sources") {
    for (auto const& s : catalogue.sources()) add(found(s));
  } else {
    const auto kinds = kinds_named(kind);
    if (kinds.empty()) {
      const auto near = nearest(kind, kinds_of_list, 1);
      throw InputError({{302, fmt::format("nothing is listed as '{}'{}", kind, near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0])), {}, "", fmt::format("one of: {}; `mlsysim search {}` looks for a name", list_of(kinds_of_list), kind)}});
    }
    for (auto const& e : catalogue.entries())
      if (std::find(kinds.begin(), kinds.end(), e.kind) != kinds.end()) add(found(e));
  }
  return write_found("list", all, filter, catalogue, common);
}

int search(std::vector<std::string> const& words, Common const& common) {
  const auto catalogue = open_catalogue(common);
  std::vector<Found> all;
  const auto add = [&](Found f) {
    if (matches(f, words)) all.push_back(std::move(f));
  };
  for (auto const& e : catalogue.entries()) add(found(e));
  for (auto const& s : registry::builtin_scenarios()) add(found(s));
  for (auto const& p : error_pages()) add({"error", error_name(p.code), std::string(p.title), "", std::string(p.text)});
  std::string wanted;
  for (auto const& w : words) wanted += (wanted.empty() ? "" : " ") + w;
  return write_found("search", all, wanted, catalogue, common);
}

namespace {

std::string source_lines(Source const& s) {
  std::string out = fmt::format("  {}: {}{} [{}] {}\n", s.id, s.title, s.publisher.empty() ? "" : ", " + s.publisher, source_kind_name[static_cast<std::size_t>(s.kind)], s.verified() ? "read " + s.seen : "UNVERIFIED: never opened");
  if (!s.url.empty()) out += fmt::format("    {}\n", s.url);
  if (!s.note.empty()) out += fmt::format("    {}\n", s.note);
  return out;
}

int show_source(Source const& s, Common const& common) {
  if (common.format == "text") {
    write("source\n" + source_lines(s), common);
    return done;
  }
  Table t{"source", "", {text_column("id"), text_column("title"), text_column("publisher"), text_column("kind"), text_column("url"), text_column("published"), text_column("read"), text_column("note")}, {}};
  t.rows.push_back({{0, s.id}, {0, s.title}, {0, s.publisher}, {0, std::string(source_kind_name[static_cast<std::size_t>(s.kind)])}, {0, s.url}, {0, s.published}, {0, s.seen}, {0, s.note}});
  write(t, common);
  return done;
}

}  // namespace

int show(std::string const& name, Common const& common) {
  const auto catalogue = open_catalogue(common);
  const auto entries = catalogue.entries_named(name);
  if (entries.empty()) {
    if (auto const* s = registry::builtin_scenario(name)) {
      write(common.format == "text" ? fmt::format("# {}\n{}", s->path, s->text) : std::string(s->text), common);
      return done;
    }
    if (const auto source = catalogue.source(name)) return show_source(*source, common);
    throw InputError({{302, fmt::format("nothing in the registry is called '{}'{}", name, nearest_words(name, all_names(catalogue))), {}, "", fmt::format("`mlsysim search {}` looks everywhere, `mlsysim list` shows everything", name)}});
  }
  std::string out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Ledger ledger;
    Table t = io::field_table([&](Fields& f) { registry::visit(catalogue, *entries[i], ledger, f); }, ledger, entries[i]->id);
    if (common.format != "text") {
      write(t, common);
      continue;
    }
    out += fmt::format("{}{} {}  ({})\n", i ? "\n" : "", entry_kind_name[static_cast<std::size_t>(entries[i]->kind)], entries[i]->id, entries[i]->document->files[0].name);
    t.label.clear();
    out += render::text(t, style(common));
    if (!ledger.sources().empty()) out += "\nSources\n";
    for (auto const& s : ledger.sources()) out += source_lines(s);
  }
  if (common.format == "text") write(out, common);
  return done;
}

int schema(std::string const& kind, Common const& common) {
  if (const std::string document = render::json_schema(kind); !document.empty()) {
    write(document, common);
    return done;
  }
  if (kind == "sources") {
    write(io::sources_schema(), common);
    return done;
  }
  const auto catalogue = open_catalogue(common);
  if (kind == "scenario") {
    write(scenario_schema(catalogue), common);
    return done;
  }
  std::function<void(Fields&)> walk;
  const auto of = [](auto prototype) { return [prototype](Fields& f) mutable { describe(prototype, f); }; };
  if (kind == "hardware") walk = of(hardware::Device{});
  else if (kind == "model") walk = of(workload::Model{});
  else if (kind == "grid") walk = of(infrastructure::Grid{});
  else if (kind == "datacentre") walk = of(infrastructure::Datacentre{});
  else if (kind == "price") walk = of(infrastructure::Price{});
  else if (kind == "node") walk = of(systems::Node{});
  else if (kind == "fabric") walk = of(systems::Fabric{});
  else if (kind == "fleet") walk = of(systems::Fleet{});
  else if (kind == "calibration") walk = of(solvers::Calibration{});
  else if (kind == "technique") walk = of(workload::Technique{});
  else if (kind == "scaling_law") walk = of(workload::ScalingLaw{});
  else throw InputError({{302, fmt::format("no schema of '{}'", kind), {}, "", "one of: " + list_of(kinds_of_schema)}});
  write(io::json_schema("mlsysim " + kind, walk, names_in(catalogue), io::FileForm::registry), common);
  return done;
}

int lint_registry(Common const& common) {
  const auto catalogue = open_catalogue(common);
  Table t{"lint", "", {text_column("entry"), text_column("rule"), text_column("finding"), text_column("excused")}, {}};
  bool bad = false;
  for (auto const& f : registry::lint(catalogue)) {
    bad = bad || !f.excused;
    if (!f.excused || common.all) t.rows.push_back({{0, f.entry}, {0, f.rule}, {0, f.message}, {0, f.excused ? "yes" : "no"}});
  }
  if (t.rows.empty()) {
    if (common.format == "text") write("no findings\n", common);
    else write(t, common);
  } else {
    write(t, common);
  }
  return bad ? verdict_no : done;
}

}  // namespace mlsysim::cli
