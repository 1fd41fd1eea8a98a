#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "mlsysim/io/show.hpp"
#include "mlsysim/scenario/scenario.hpp"

namespace mlsysim::cli {
namespace {

registry::Catalogue open(Common const& common) { return common.registries.empty() ? registry::Catalogue() : registry::Catalogue(common.registries); }

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

Column text_column(char const* id) { return {id, id, {}, true, false, {}}; }

}  // namespace

int list(std::string const& kind, std::string const& filter, Common const& common) {
  const auto catalogue = open(common);
  const std::string want = normalised(filter);
  Table t{"list", "", {}, {}};
  if (kind == "scenarios") {
    t.columns = {text_column("scenario"), text_column("name")};
    for (auto const& s : registry::builtin_scenarios())
      if (normalised(std::string(s.path) + std::string(s.name)).find(want) != std::string::npos) t.rows.push_back({{0, std::string(s.path)}, {0, std::string(s.name)}});
    write(t, common);
    return done;
  }
  const auto kinds = kinds_named(kind);
  if (kinds.empty()) {
    std::vector<std::string_view> names{"hardware", "models", "grids", "datacentres", "prices", "nodes", "fabrics", "fleets", "systems", "infrastructure", "scenarios", "calibrations"};
    const auto near = nearest(kind, names, 1);
    throw InputError({{302, fmt::format("nothing is listed as '{}'{}", kind, near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0])), {}, "", "hardware, models, grids, datacentres, prices, systems (nodes, fabrics, fleets), scenarios"}});
  }
  t.columns = {text_column("kind"), text_column("id"), text_column("name"), text_column("also")};
  for (auto const& e : catalogue.entries()) {
    if (std::find(kinds.begin(), kinds.end(), e.kind) == kinds.end()) continue;
    std::string also;
    for (auto a : e.aliases) also += (also.empty() ? "" : ", ") + std::string(a);
    if (!want.empty() && normalised(fmt::format("{} {} {} {}", e.id, e.name, also, e.document->files[0].name)).find(want) == std::string::npos) continue;
    t.rows.push_back({{0, std::string(entry_kind_name[static_cast<std::size_t>(e.kind)])}, {0, std::string(e.id)}, {0, std::string(e.name)}, {0, also + (e.builtin ? "" : " (from --registry)")}});
  }
  write(t, common);
  return done;
}

int show(std::string const& name, Common const& common) {
  const auto catalogue = open(common);
  const auto found = catalogue.entries_named(name);
  if (found.empty()) {
    std::vector<std::string_view> names;
    for (auto const& e : catalogue.entries()) {
      names.push_back(e.id);
      for (auto const& a : e.aliases) names.push_back(a);
    }
    const auto near = nearest(name, names, 4);
    std::string list;
    for (auto const& n : near) list += (list.empty() ? "; nearest: " : ", ") + n;
    throw InputError({{302, fmt::format("nothing in the registry is called '{}'{}", name, list), {}, "", "`mlsysim list` shows everything"}});
  }
  std::string out;
  for (std::size_t i = 0; i < found.size(); ++i) {
    Ledger ledger;
    Table t = io::field_table([&](Fields& f) { registry::visit(catalogue, *found[i], ledger, f); }, ledger, found[i]->id);
    if (common.format != "text") {
      write(t, common);
      continue;
    }
    out += fmt::format("{}{} {}  ({})\n", i ? "\n" : "", entry_kind_name[static_cast<std::size_t>(found[i]->kind)], found[i]->id, found[i]->document->files[0].name);
    t.label.clear();
    out += render::text(t, style(common));
    if (!ledger.sources().empty()) out += "\nSources\n";
    for (auto const& s : ledger.sources()) {
      out += fmt::format("  {}: {}{} [{}] {}\n", s.id, s.title, s.publisher.empty() ? "" : ", " + s.publisher, source_kind_name[static_cast<std::size_t>(s.kind)], s.verified() ? "read " + s.seen : "UNVERIFIED: never opened");
      if (!s.url.empty()) out += fmt::format("    {}\n", s.url);
      if (!s.note.empty()) out += fmt::format("    {}\n", s.note);
    }
  }
  if (common.format == "text") write(out, common);
  return done;
}

int schema(std::string const& kind, Common const& common) {
  const auto catalogue = open(common);
  const auto names = [&](EntryKind k) {
    std::vector<std::string> out;
    for (auto const& e : catalogue.entries())
      if (e.kind == k) {
        out.emplace_back(e.id);
        for (auto a : e.aliases) out.emplace_back(a);
      }
    return out;
  };
  if (kind == "sources") {
    write(io::sources_schema(), common);
    return done;
  }
  std::function<void(Fields&)> walk;
  const auto of = [](auto prototype) { return [prototype](Fields& f) mutable { describe(prototype, f); }; };
  if (kind == "scenario") walk = of(scenario::Scenario{});
  else if (kind == "hardware") walk = of(hardware::Device{});
  else if (kind == "model") walk = of(workload::Model{});
  else if (kind == "grid") walk = of(infrastructure::Grid{});
  else if (kind == "datacentre") walk = of(infrastructure::Datacentre{});
  else if (kind == "price") walk = of(infrastructure::Price{});
  else if (kind == "node") walk = of(systems::Node{});
  else if (kind == "fabric") walk = of(systems::Fabric{});
  else if (kind == "fleet") walk = of(systems::Fleet{});
  else if (kind == "calibration") walk = of(solvers::Calibration{});
  else throw InputError({{302, fmt::format("no file kind '{}'", kind), {}, "", "scenario, hardware, model, grid, datacentre, price, node, fabric, fleet, calibration or sources"}});
  write(io::json_schema("mlsysim " + kind, walk, names, kind == "scenario" ? io::FileForm::scenario : io::FileForm::registry), common);
  return done;
}

int explain(std::string const& what, Common const& common) {
  std::string digits = what;
  if (!digits.empty() && (digits[0] == 'E' || digits[0] == 'e')) digits.erase(0, 1);
  int code = 0;
  if (!digits.empty() && digits.size() <= 4 && digits.find_first_not_of("0123456789") == digits.npos) code = std::stoi(digits);
  ErrorPage const* page = error_page(code);
  if (!page) throw InputError({{302, fmt::format("no error is called '{}'", what), {}, "", "errors are named like E0142; for a metric write `mlsysim eval FILE --explain performance.latency`"}});
  std::string out = fmt::format("{}: {}\n\n{}\n", error_name(page->code), page->title, page->text);
  const auto block = [&](char const* title, std::string_view text) {
    if (text.empty()) return;
    out += fmt::format("\n{}:\n  ", title);
    for (char c : text) out += c == '\n' ? std::string("\n  ") : std::string(1, c);
    out += '\n';
  };
  block("Refused", page->example);
  block("Accepted", page->fix);
  write(out, common);
  return done;
}

int lint(Common const& common) {
  const auto catalogue = open(common);
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
