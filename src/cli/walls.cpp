#include "mlsysim/describe/walls.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "mlsysim/equations/catalogue.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::cli {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(' ');
    if (end != 0) out.emplace_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string witness(Wall const& w, Report const& r) {
  std::string out;
  if (!w.binds.empty()) out += fmt::format("binds: {}\n", r.card.binding);
  if (Metric const* m = w.metric.empty() ? nullptr : r.metric(w.metric)) out += fmt::format("{} = {} ({})\n", w.metric, m->percent ? fmt::format("{:.1f} %", 100 * m->value) : display(m->value, m->dimension), m->label);
  return out;
}

Report evaluated(registry::Catalogue const& catalogue, std::string_view name) {
  std::vector<Diagnostic> problems;
  const auto document = open_scenario(std::string(name));
  const auto loaded = scenario::load(catalogue, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  return scenario::evaluate(loaded);
}

std::string page(Wall const& w, Report const& r, bool markdown) {
  std::string out = markdown ? fmt::format("# {}\n\n{}\n\n", w.title, w.law) : fmt::format("{} ({})\n\n{}\n", w.title, w.layer, wrapped(w.law, 0));
  const auto equations = all_equations();
  if (!w.equations.empty()) out += markdown ? "## Equations\n\n" : "Equations\n";
  for (auto const& id : words_of(w.equations)) {
    const auto e = std::find_if(equations.begin(), equations.end(), [&](auto const& i) { return i.id == id; });
    if (e == equations.end()) continue;
    out += markdown ? fmt::format("- `{}` ({}): $${}$$\n", id, e->cites, e->formula(true)) : fmt::format("  {} = {}   [{}]\n", id, e->formula(), e->cites);
  }
  out += markdown ? fmt::format("\n## Where it binds\n\n{}\n\n```sh\nmlsysim eval {}\n", r.title, w.scenario) : fmt::format("\nWhere it binds: {}\n  mlsysim eval {}\n", r.title, w.scenario);
  if (!w.metric.empty()) out += fmt::format("{}mlsysim eval {} --explain {}\n", markdown ? "" : "  ", w.scenario, w.metric);
  if (!w.command.empty()) out += fmt::format("{}{}\n", markdown ? "" : "  ", w.command);
  out += markdown ? "```\n\n```text\n" + witness(w, r) + "```\n" : "\n" + witness(w, r);
  return out;
}

}  // namespace

int walls(std::string const& name, Common const& common) {
  if (name.empty()) {
    Table t{"walls", "walls", {text_column("id"), text_column("layer"), text_column("law"), text_column("scenario"), text_column("shown_by"), text_column("equations")}, {}};
    if (common.format == "text") t.columns.pop_back();
    for (auto const& w : mlsysim::walls()) {
      std::vector<Cell> row{{0, std::string(w.id)}, {0, std::string(w.layer)}, {0, std::string(w.law)}, {0, std::string(w.scenario)}, {0, std::string(w.metric.empty() ? std::string_view("what binds") : w.metric)}};
      if (common.format != "text") row.push_back({0, std::string(w.equations)});
      t.rows.push_back(std::move(row));
    }
    if (common.format == "text") {
      std::string out, layer;
      for (auto const& w : mlsysim::walls()) {
        if (w.layer != layer) out += fmt::format("{}{}\n", out.empty() ? "" : "\n", layer = w.layer);
        std::string law = wrapped(w.law, 24);
        law.replace(0, 24, fmt::format("  {:<22}", w.id));
        out += law;
      }
      write(out + "\n`mlsysim walls NAME` shows the equations and a scenario in which the wall binds.\n", common);
    } else {
      write(t, common);
    }
    return done;
  }
  std::vector<std::string_view> names;
  for (auto const& w : mlsysim::walls()) names.push_back(w.id);
  const auto all = mlsysim::walls();
  const auto wall = std::find_if(all.begin(), all.end(), [&](Wall const& w) { return normalised(w.id) == normalised(name) || normalised(w.title) == normalised(name); });
  if (wall == all.end()) {
    const auto near = nearest(name, names, 3);
    std::string list;
    for (auto const& n : near) list += (list.empty() ? "" : ", ") + std::string(n);
    throw InputError({{242, fmt::format("no wall '{}'{}{}", name, near.empty() ? "" : "; nearest: ", list), {}, "", "`mlsysim walls` lists them"}});
  }
  const registry::Catalogue catalogue = open_catalogue(common);
  const Report r = evaluated(catalogue, wall->scenario);
  if (common.format == "json" || common.format == "csv") {
    Table t{"wall", "", {text_column("field"), text_column("value")}, {}};
    const std::pair<char const*, std::string_view> fields[] = {{"id", wall->id}, {"layer", wall->layer}, {"title", wall->title}, {"law", wall->law}, {"equations", wall->equations}, {"scenario", wall->scenario}, {"metric", wall->metric}, {"command", wall->command}};
    for (auto const& [field, value] : fields) t.rows.push_back({{0, field}, {0, std::string(value)}});
    t.rows.push_back({{0, "binding"}, {0, r.card.binding}});
    write(t, common);
  } else {
    write(page(*wall, r, common.format == "markdown"), common);
  }
  return done;
}

}  // namespace mlsysim::cli
